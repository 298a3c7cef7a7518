/** Draws from the usual distributions, from a seeded source. */
import type { Random } from '../../clock.ts';

export class Draws {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  uniform(least: number, most: number): number {
    return least + (most - least) * this.#random.next();
  }

  /** With this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random.next());
  }

  /** With this median; `spread` is the deviation of its logarithm. */
  logNormal(median: number, spread: number): number {
    const angle = 2 * Math.PI * this.#random.next();
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random.next()));
    return median * Math.exp(spread * radius * Math.cos(angle));
  }

  /** An index, by weights. */
  weighted(weights: readonly number[]): number {
    let left = this.#random.next() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return index;
    }
    return weights.length - 1;
  }

  one<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random.next() * items.length)];
    if (item === undefined) throw new RangeError('There is nothing to draw from.');
    return item;
  }
}

/** Weights of `count` models of which the k-th is asked for in proportion to k^(−exponent). */
export function zipf(count: number, exponent: number): readonly number[] {
  return Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
}
