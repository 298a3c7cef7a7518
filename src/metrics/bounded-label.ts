/** Values of a label that come from outside: as many as a monitoring system can hold, and one for all others. */

/** What Prometheus calls a label of low cardinality ends at some hundreds of values. */
const MOST_VALUES = 200;
export const OTHER = 'other';

export class BoundedLabel {
  readonly #known = new Set<string>();

  /** The same text for the first ones that are seen, `other` for what comes after. */
  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= MOST_VALUES) return OTHER;
    this.#known.add(value);
    return value;
  }
}
