/** A binary heap of job sequences, least first. It may hold what is no longer wanted: whoever takes from it looks again. */
export class SequenceHeap {
  readonly #items: number[] = [];

  push(sequence: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(sequence);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= sequence) break;
      items[at] = this.#at(parent);
      at = parent;
    }
    items[at] = sequence;
  }

  peek(): number | undefined {
    return this.#items[0];
  }

  pop(): number | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && this.#at(child + 1) < this.#at(child)) child += 1;
      if (last <= this.#at(child)) break;
      items[at] = this.#at(child);
      at = child;
    }
    items[at] = last;
    return least;
  }

  #at(index: number): number {
    return this.#items[index] ?? Number.POSITIVE_INFINITY;
  }
}
