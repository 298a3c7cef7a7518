/** Which model files a host may still have in its memory. */
import type { BackendId } from '../../domain/ids.ts';
import { least } from '../../domain/long-lists.ts';
import { PageCache } from './page-cache.ts';

/** The page caches of all backends' hosts. */
export class PageCaches {
  readonly #ramBytes: (backendId: BackendId) => number;
  readonly #byBackend = new Map<BackendId, PageCache>();
  /** Before it, no answer of `isWarm` changes by time alone. */
  #coolingAt: number | null = null;

  constructor(ramBytes: (backendId: BackendId) => number) {
    this.#ramBytes = ramBytes;
  }

  /** @param at epoch milliseconds. */
  read(backendId: BackendId, weights: string, bytes: number, at: number): void {
    const cache = this.#byBackend.get(backendId) ?? new PageCache(this.#ramBytes(backendId));
    this.#byBackend.set(backendId, cache);
    cache.read(weights, bytes, at);
    this.#coolingAt = this.#nextCoolingAt(at);
  }

  isWarm(backendId: BackendId, weights: string, now: number): boolean {
    return this.#byBackend.get(backendId)?.isWarm(weights, now) ?? false;
  }

  /** Whether a file that was warm has cooled since the last call, or the last read. */
  hasCooled(now: number): boolean {
    if (this.#coolingAt === null || now < this.#coolingAt) return false;
    this.#coolingAt = this.#nextCoolingAt(now);
    return true;
  }

  #nextCoolingAt(now: number): number | null {
    const times = [...this.#byBackend.values()].flatMap((cache) => cache.nextCoolingAt(now) ?? []);
    return times.length > 0 ? least(times) : null;
  }
}
