/** Who was in memory where, from when to when, and why it came and went. */
import type { BackendId, GpuId, InstanceId } from './ids.ts';
import type { Footprint } from './instance.ts';
import type { ReadScope } from './read-scope.ts';

/** One stay of a model in memory. All instants in epoch milliseconds. */
export interface Residency {
  /** The instance that it began with: names the stay. */
  readonly id: InstanceId;
  /** The instance that it is now, or was last: another one after a restart of the server that it outlived. */
  readonly instanceId: InstanceId;
  readonly backendId: BackendId;
  readonly modelName: string;
  readonly weights: string;
  /** In tokens. */
  readonly contextLength: number;
  /** On each of its GPUs; empty on a host without any. */
  readonly memory: Footprint;
  readonly loadingAt: number;
  /** When it took its first job, or could have; null when it never could. */
  readonly readyAt: number | null;
  /** When it was to go: it gets no new job from then on; null while it is wanted. */
  readonly endingAt: number | null;
  /** When nothing of it was left; null while something is. */
  readonly goneAt: number | null;
  /** Why it came, for people. */
  readonly reason: string;
  /** Why it went, for people; null while it is wanted. */
  readonly endReason: string | null;
  /** Jobs that ended on it. */
  readonly jobs: number;
  /** It ended with a server, as far as is known: it goes on when the next one finds it in memory. */
  readonly interrupted: boolean;
}

/** A stay, or several short ones in a row, on one GPU. */
export interface Stay
  extends Pick<
    Residency,
    | 'instanceId'
    | 'backendId'
    | 'modelName'
    | 'contextLength'
    | 'loadingAt'
    | 'readyAt'
    | 'endingAt'
    | 'goneAt'
    | 'reason'
    | 'endReason'
    | 'jobs'
  > {
  /** Null on a host without any. */
  readonly gpuId: GpuId | null;
  /** On this GPU; of several stays the most. */
  readonly bytes: number;
  /** How many stays it is made of. */
  readonly merged: number;
}

export interface ResidencyQuery {
  /** Of those that were in memory at some time of this range: `from` included, `to` not. */
  readonly from: number;
  readonly to: number;
  readonly gpuId?: GpuId;
  /** By its canonical name. */
  readonly modelName?: string;
  /** Stays shorter than this are merged with neighbours of the same model that are no further away than this. 0: none are. */
  readonly atLeastMs: number;
  /** The most that are answered. */
  readonly limit: number;
}

export interface ResidencyList {
  /** By GPU, then by start. */
  readonly stays: readonly Stay[];
  /** Whether that is all; else the oldest were left out. */
  readonly complete: boolean;
}

/** As they are asked for. @param residencies those of the range, oldest first */
export function residencyList(
  residencies: readonly Residency[],
  { gpuId, atLeastMs, limit }: ResidencyQuery,
): ResidencyList {
  const stays = residencies
    .flatMap(staysOf)
    .filter((stay) => gpuId === undefined || stay.gpuId === gpuId)
    .sort(inOrder);
  const merged = atLeastMs > 0 ? mergeShort(stays, atLeastMs) : stays;
  if (merged.length <= limit) return { stays: merged, complete: true };
  const newest = merged.toSorted((a, b) => b.loadingAt - a.loadingAt).slice(0, limit);
  return { stays: newest.sort(inOrder), complete: false };
}

function staysOf({ memory, id: _, weights, interrupted, ...rest }: Residency): readonly Stay[] {
  const parts = memory.length > 0 ? memory : [{ gpuId: null, bytes: 0 }];
  return parts.map(({ gpuId, bytes }) => ({ ...rest, gpuId, bytes, merged: 1 }));
}

function inOrder(a: Stay, b: Stay): number {
  const byGpu = (a.gpuId ?? '').localeCompare(b.gpuId ?? '');
  return byGpu || a.loadingAt - b.loadingAt || a.instanceId.localeCompare(b.instanceId);
}

/** @param stays by GPU, then by start */
function mergeShort(stays: readonly Stay[], atLeastMs: number): readonly Stay[] {
  const merged: Stay[] = [];
  /** Where the newest stay of each model on each GPU stands. */
  const newest = new Map<string, number>();
  for (const stay of stays) {
    const key = `${stay.gpuId} ${stay.backendId} ${stay.modelName}`;
    const place = newest.get(key);
    const before = place === undefined ? undefined : merged[place];
    if (before && place !== undefined && belongTogether(before, stay, atLeastMs)) {
      merged[place] = joined(before, stay);
      continue;
    }
    newest.set(key, merged.push(stay) - 1);
  }
  return merged;
}

function belongTogether(before: Stay, next: Stay, atLeastMs: number): boolean {
  // Two that are there at once are two instances.
  if (before.goneAt === null || next.loadingAt < before.goneAt) return false;
  const isShort = ({ loadingAt, goneAt }: Stay) => goneAt !== null && goneAt - loadingAt < atLeastMs;
  return next.loadingAt - before.goneAt < atLeastMs && (isShort(before) || isShort(next));
}

function joined(before: Stay, next: Stay): Stay {
  return {
    ...next,
    loadingAt: before.loadingAt,
    readyAt: before.readyAt ?? next.readyAt,
    reason: before.reason,
    bytes: Math.max(before.bytes, next.bytes),
    jobs: before.jobs + next.jobs,
    merged: before.merged + next.merged,
  };
}

export interface ResidencyStore {
  /** New ones, and those known with what is new about them, by their `id`. */
  keep(residencies: readonly Residency[]): Promise<void>;
  /**
   * Ends those that an earlier life of this server left open, at the last time at which it is known to have lived. Answers all that ended with
   * a server: whatever of it is found in memory still goes on.
   */
  interrupt(): Promise<readonly Residency[]>;
  /** @throws CallerGoneError, ReadTooLongError, StoreBusyError */
  list(query: ResidencyQuery, scope?: ReadScope): Promise<ResidencyList>;
}
