import type { Clock, Random } from '../../clock.ts';
import { type CatalogModel, displayNames } from './catalog.ts';
import type { Pace } from './pace.ts';

/**
 * What a server knows of its models. The first request for a model reads its files; all others that come
 * meanwhile wait for the same reading and go on together. So a crowd that meets a fresh server reaches the
 * scheduler grouped by model, and the same crowd on a server that knows its models does not. (`llama-server`
 * regime: the cached reading is shared by a single flight.)
 */
export class MetadataCache {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pace: Pace;
  readonly #known = new Set<string>();
  readonly #reading = new Map<string, (() => void)[]>();

  constructor(clock: Clock, random: Random, pace: Pace) {
    this.#clock = clock;
    this.#random = random;
    this.#pace = pace;
  }

  /** Calls `then` at once when the model is known, else when it has been read. */
  whenKnown(model: CatalogModel, then: () => void): void {
    const key = `${displayNames.full(model.name)} ${model.manifestDigest}`;
    if (this.#known.has(key)) {
      then();
      return;
    }
    const waiting = this.#reading.get(key);
    if (waiting) {
      waiting.push(then);
      return;
    }
    this.#reading.set(key, [then]);
    this.#clock.after(this.#pace.metadataMs * (0.5 + this.#random.next()), () => {
      this.#known.add(key);
      const together = this.#reading.get(key) ?? [];
      this.#reading.delete(key);
      for (const go of together) go();
    });
  }
}
