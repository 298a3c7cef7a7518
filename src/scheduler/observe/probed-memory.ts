/** What the cards showed of an instance while it was loaded. */
import type { GpuReading } from '../../domain/gpu.ts';
import type { GpuId } from '../../domain/ids.ts';

/** What readings have told of an instance's memory. */
export interface ProbedMemory {
  /** On the cards of its backend when its load was decided; empty for what others loaded. */
  readonly pidsBefore: ReadonlySet<number>;
  /** In use on each card then; null where that was not known, or nobody saw the load. */
  readonly usedBefore: ReadonlyMap<GpuId, number> | null;
  /** Of the processes that hold it; empty until they are known. */
  readonly pids: ReadonlySet<number>;
  /** A reading since its load was looked at: the next ones may show what others did meanwhile. */
  readonly isSeen: boolean;
}

/** As a load is decided, with the readings of its backend's cards. */
export function probedBefore(
  readings: readonly { readonly id: GpuId; readonly reading: GpuReading }[],
): ProbedMemory {
  const used = readings.flatMap(({ id, reading }) =>
    reading.usedBytes === null ? [] : [[id, reading.usedBytes] as const],
  );
  return {
    pidsBefore: new Set(readings.flatMap(({ reading }) => reading.processes.map(({ pid }) => pid))),
    usedBefore: used.length > 0 && used.length === readings.length ? new Map(used) : null,
    pids: new Set(),
    isSeen: false,
  };
}

/** Nobody saw how it was loaded. */
export const UNSEEN: ProbedMemory = {
  pidsBefore: new Set(),
  usedBefore: null,
  pids: new Set(),
  isSeen: false,
};
