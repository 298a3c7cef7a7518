/**
 * What a host's page cache still holds of model files, as far as loads of ours tell. A file that was read recently is warm as long
 * as less than half of the RAM was read since: the other half is for what programs use themselves and read besides.
 */
const WARM_PART = 0.5;
/** After so long nobody can tell what else was read. */
const RECENT_MS = 3_600_000;

export class PageCache {
  readonly #ramBytes: number;
  /** By weights, the oldest read first. */
  readonly #reads = new Map<string, { readonly bytes: number; readonly at: number }>();

  constructor(ramBytes: number) {
    this.#ramBytes = ramBytes;
  }

  /** @param at epoch milliseconds, never earlier than those before. */
  read(weights: string, bytes: number, at: number): void {
    this.#reads.delete(weights);
    this.#reads.set(weights, { bytes, at });
  }

  isWarm(weights: string, now: number): boolean {
    const own = this.#reads.get(weights);
    if (!own || now - own.at >= RECENT_MS || own.bytes > this.#ramBytes) return false;
    return this.#readSince(weights) < this.#ramBytes * WARM_PART;
  }

  /** When the next file that is warm `now` will have cooled by time alone; null when none is warm. */
  nextCoolingAt(now: number): number | null {
    for (const [weights, { at }] of this.#reads) if (this.isWarm(weights, now)) return at + RECENT_MS;
    return null;
  }

  #readSince(weights: string): number {
    let bytes = 0;
    let after = false;
    for (const [name, read] of this.#reads) {
      if (after) bytes += read.bytes;
      if (name === weights) after = true;
    }
    return bytes;
  }
}
