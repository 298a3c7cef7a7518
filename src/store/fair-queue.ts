/** What waits, taken in turns: whoever has a thousand things waiting is as far from the next turn as whoever has one. */
export class FairQueue<Item> {
  /** By caller, the one whose turn is next first. Callers with nothing waiting are not in it. */
  readonly #waiting = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(caller: string, item: Item): void {
    const own = this.#waiting.get(caller);
    if (own) own.add(item);
    else this.#waiting.set(caller, new Set([item]));
    this.#size += 1;
  }

  /** False when it is not waiting any more. */
  remove(caller: string, item: Item): boolean {
    const own = this.#waiting.get(caller);
    if (!own?.delete(item)) return false;
    if (own.size === 0) this.#waiting.delete(caller);
    this.#size -= 1;
    return true;
  }

  take(): Item | undefined {
    for (const [caller, own] of this.#waiting) {
      for (const item of own) {
        this.remove(caller, item);
        if (this.#waiting.delete(caller)) this.#waiting.set(caller, own);
        return item;
      }
    }
    return undefined;
  }
}
