/** What was worked out of what is known, kept until something else is known. */
import { BoundedMap } from '../domain/bounded-map.ts';

/** Names come from callers. */
const MOST = 10_000;

export class ByVersion<T extends object> {
  readonly #known = new BoundedMap<string, T>(MOST);
  #version = -1;

  /** @param version grows whenever `workOut` could answer otherwise. What it answers with null is not kept. */
  of(version: number, key: string, workOut: () => T | null): T | null {
    if (version !== this.#version) this.#known.clear();
    this.#version = version;
    const known = this.#known.get(key);
    if (known) return known;
    const value = workOut();
    if (value) this.#known.set(key, value);
    return value;
  }
}
