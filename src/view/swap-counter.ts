/** Loads and unloads since the start, counted as the scheduler's effects come true. */
import type { Clock } from '../clock.ts';
import type { CellStatistics } from '../domain/cell.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { SwapStats } from '../domain/system.ts';

export type SwapCounts = Omit<SwapStats, keyof CellStatistics>;

export class SwapCounter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Instances that leave to make room, and since when. */
  readonly #evicted = new Map<InstanceId, number>();
  #overheadMs = 0;
  #stats: SwapCounts = { loads: 0, unloads: 0, evictions: 0, spills: 0, loadTimeMs: 0 };

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** What unloads took that made room, from the order to its confirmation. */
  get overheadMs(): number {
    return this.#overheadMs;
  }

  get stats(): SwapCounts {
    return this.#stats;
  }

  /** A load that was let go because part of it was on the CPU. */
  spilled(): void {
    this.#stats = { ...this.#stats, spills: this.#stats.spills + 1 };
  }

  loaded(loadMs: number, spilled: boolean): void {
    const { loads, spills, loadTimeMs } = this.#stats;
    this.#stats = {
      ...this.#stats,
      loads: loads + 1,
      spills: spills + (spilled ? 1 : 0),
      loadTimeMs: loadTimeMs + Math.round(loadMs),
    };
  }

  /** It was told to leave, to make room for another. */
  evicting(id: InstanceId): void {
    this.#evicted.set(id, this.#clock.monotonic());
  }

  unloaded(id: InstanceId): void {
    const since = this.#evicted.get(id);
    const evicted = this.#evicted.delete(id);
    if (since !== undefined) this.#overheadMs += this.#clock.monotonic() - since;
    const { unloads, evictions } = this.#stats;
    this.#stats = { ...this.#stats, unloads: unloads + 1, evictions: evictions + (evicted ? 1 : 0) };
  }
}
