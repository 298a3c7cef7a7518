/** A heap: the first of many without sorting them all. Made in O(n), each change in O(log n). */
export class MinHeap<T> {
  readonly #items: T[];
  readonly #precedes: (a: T, b: T) => boolean;

  /** @param items taken over, and reordered */
  constructor(items: T[], precedes: (a: T, b: T) => boolean) {
    this.#items = items;
    this.#precedes = precedes;
    for (let i = Math.floor(items.length / 2) - 1; i >= 0; i -= 1) this.#sink(i);
  }

  get size(): number {
    return this.#items.length;
  }

  /** Undefined when there is none. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = Math.floor((at - 1) / 2);
      const above = items[parent] as T;
      if (!this.#precedes(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the first out; undefined when none is left. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #sink(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let at = from;
    for (let child = 2 * at + 1; child < items.length; child = 2 * at + 1) {
      const right = child + 1;
      const first =
        right < items.length && this.#precedes(items[right] as T, items[child] as T) ? right : child;
      if (!this.#precedes(items[first] as T, item)) break;
      items[at] = items[first] as T;
      at = first;
    }
    items[at] = item;
  }
}
