/** What waits, taken in turns: whoever has a thousand things waiting is as far from the next turn as whoever has one. */
export class FairQueue<Item> {
  /** By caller, the one whose turn is next first. Callers with nothing waiting are not in it. */
  readonly #lines = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(caller: string, item: Item): void {
    const line = this.#lines.get(caller);
    if (line) line.add(item);
    else this.#lines.set(caller, new Set([item]));
    this.#size += 1;
  }

  /** False when it is not waiting any more. */
  remove(caller: string, item: Item): boolean {
    const line = this.#lines.get(caller);
    if (!line?.delete(item)) return false;
    if (line.size === 0) this.#lines.delete(caller);
    this.#size -= 1;
    return true;
  }

  take(): Item | undefined {
    for (const [caller, line] of this.#lines) {
      for (const item of line) {
        this.remove(caller, item);
        if (this.#lines.delete(caller)) this.#lines.set(caller, line);
        return item;
      }
    }
    return undefined;
  }
}
