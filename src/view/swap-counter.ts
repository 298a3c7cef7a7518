/** Loads and unloads since the start, counted as the scheduler's effects come true. */
import type { CellStatistics } from '../domain/cell.ts';
import type { InstanceId } from '../domain/ids.ts';
import type { SwapStats } from '../domain/system.ts';

export type SwapCounts = Omit<SwapStats, keyof CellStatistics>;

export class SwapCounter {
  /** Instances that leave to make room. */
  readonly #evicted = new Set<InstanceId>();
  #stats: SwapCounts = { loads: 0, unloads: 0, evictions: 0, spills: 0, loadTimeMs: 0 };

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
    this.#evicted.add(id);
  }

  unloaded(id: InstanceId): void {
    const evicted = this.#evicted.delete(id);
    const { unloads, evictions } = this.#stats;
    this.#stats = { ...this.#stats, unloads: unloads + 1, evictions: evictions + (evicted ? 1 : 0) };
  }
}
