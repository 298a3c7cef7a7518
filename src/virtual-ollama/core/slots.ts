/** The slots of an engine: a counting semaphore, first come first served, with no limit on those who wait. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `onSlot` when a slot is there, at once if one is free. The result withdraws a wait; it never frees a slot. */
  acquire(onSlot: () => void): { withdraw(): void } {
    if (this.#free > 0) {
      this.#free--;
      onSlot();
      return { withdraw: () => {} };
    }
    const waiter = () => onSlot();
    this.#waiting.add(waiter);
    return { withdraw: () => void this.#waiting.delete(waiter) };
  }

  release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
