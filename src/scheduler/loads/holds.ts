/**
 * Loads that failed otherwise than for want of memory. Each is tried again after a pause, as a driver or a disk may come back. Where that can
 * not help, it is final: the server says that the model itself is at fault, or goes on loading others onto the same cards for long.
 */
import type { FailureCode, Remedy } from '../../domain/errors.ts';
import type { GpuId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Variant } from '../../domain/model.ts';

/** What is known of weights whose last load failed. */
export interface LoadHold {
  /** By which it was loaded the last time. */
  readonly modelName: string;
  /** In a row. */
  readonly failures: number;
  /** What the last one ended with. */
  readonly code: FailureCode;
  readonly message: string;
  /** When the first of them failed, epoch milliseconds. */
  readonly since: number;
  /** Of the next try at the earliest, epoch milliseconds. */
  readonly until: number;
  /** Where the last one was to go. */
  readonly gpuIds: readonly GpuId[];
  /** Whether other weights were loaded there since the first failure. */
  readonly othersLoad: boolean;
  readonly isFinal: boolean;
}

type Place = Pick<Instance, 'footprint'>;

/** A load that failed, and where. */
export interface FailedLoad extends Place {
  readonly variant: Pick<Variant, 'modelName'>;
  readonly code: FailureCode;
  readonly remedy: Remedy;
  readonly message: string;
}

const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 30_000;
/** So long it is taken for granted: whoever waits ends meanwhile, and one that comes later tries again. */
const LEAST_FINAL_HOLD_MS = 15_000;
/** Failures with so long between them are not in a row. */
const FORGOTTEN_MS = 3_600_000;
/** So many failures over so long, while others load, are the model's own. */
const TELLING_FAILURES = 5;
const TELLING_MS = 5 * 60_000;

/** What holds after one more failure. */
export function afterFailedLoad(before: LoadHold | undefined, failed: FailedLoad, now: number): LoadHold {
  const known = before && now < before.until + FORGOTTEN_MS ? before : null;
  const failures = (known?.failures ?? 0) + 1;
  const since = known?.since ?? now;
  const othersLoad = known?.othersLoad ?? false;
  const isOwnFault = othersLoad && failures >= TELLING_FAILURES && now - since >= TELLING_MS;
  const isFinal = failed.remedy === 'none' || isOwnFault;
  const holdMs = Math.max(FIRST_HOLD_MS * 2 ** (failures - 1), isFinal ? LEAST_FINAL_HOLD_MS : 0);
  return {
    modelName: failed.variant.modelName,
    failures,
    code: failed.code,
    message: failed.message,
    since,
    until: now + Math.min(LONGEST_HOLD_MS, holdMs),
    gpuIds: gpusOf(failed),
    othersLoad,
    isFinal,
  };
}

/** What still holds, by weights, after a load of `weights` has succeeded. */
export function afterLoad(
  holds: ReadonlyMap<string, LoadHold>,
  weights: string,
  instance: Place,
): ReadonlyMap<string, LoadHold> {
  if (holds.size === 0) return holds;
  const gpuIds = new Set(gpusOf(instance));
  const isThere = (hold: LoadHold) =>
    hold.gpuIds.length === 0 ? gpuIds.size === 0 : hold.gpuIds.some((id) => gpuIds.has(id));
  return new Map(
    [...holds]
      .filter(([held]) => held !== weights)
      .map(([held, hold]) => [held, isThere(hold) ? { ...hold, othersLoad: true } : hold]),
  );
}

/** The hold by which nothing can come of a load now; null when there is none, and when one more try is due. */
export function finalHold(
  holds: ReadonlyMap<string, LoadHold>,
  weights: string,
  now: number,
): LoadHold | null {
  const hold = holds.get(weights);
  return hold?.isFinal && hold.until > now ? hold : null;
}

function gpusOf({ footprint }: Place): readonly GpuId[] {
  return footprint.map(({ gpuId }) => gpuId);
}
