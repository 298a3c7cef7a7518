/** Waiting jobs whose model can be loaded nowhere, as it is larger than everything or damaged: they end, with what would help. */
import type { BackendId } from '../../domain/ids.ts';
import type { JobFailure } from '../../domain/job.ts';
import { impossibleEverywhere } from '../decide/impossible.ts';
import { type BackendSnapshot, type Demand, type LoadOption, serves } from '../decide/snapshot.ts';
import type { Effect } from '../events.ts';
import { instancesOf, type SchedulerState } from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { finalHold } from './holds.ts';

/** Cards and models can be missing from a reading for a moment: so long it has to stay impossible. */
const LONG_ENOUGH_MS = 30_000;
/** The store has ended them by then, unless it could not, or others came. */
const SAY_AGAIN_MS = 10_000;
const SAY_CERTAIN_AGAIN_MS = 1_000;

/** When the jobs of a queue that nothing can make room for end, epoch milliseconds; null while something can. */
export function refusedAt({ refusals }: Pick<SchedulerState, 'refusals'>, queue: string): number | null {
  const since = refusals.get(queue)?.since;
  return since === undefined ? null : since + LONG_ENOUGH_MS;
}

/** Why nothing can come of waiting. */
interface Hopeless {
  readonly failure: JobFailure;
  /** It was tried, and failed for good: no later reading can show otherwise. */
  readonly isCertain: boolean;
}

/**
 * @param backends as decisions see them
 * @returns also when to look again, epoch milliseconds; Infinity for never
 */
export function refuseImpossible(
  state: SchedulerState,
  backends: readonly BackendSnapshot[],
  world: World,
  now: number,
): Reduced & { readonly wakeAt: number } {
  const effects: Effect[] = [];
  const refusals = new Map<string, { readonly since: number; readonly saidAt: number | null }>();
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const demand of world.demand) {
    const hopeless = whyHopeless(demand, state, backends, now);
    if (!hopeless) continue;
    const { failure, isCertain } = hopeless;
    const { queue, buckets } = demand.backlog;
    const { since = now, saidAt = null } = state.refusals.get(queue) ?? {};
    const againMs = isCertain ? SAY_CERTAIN_AGAIN_MS : SAY_AGAIN_MS;
    const dueAt = saidAt === null ? since + (isCertain ? 0 : LONG_ENOUGH_MS) : saidAt + againMs;
    const isDue = dueAt <= now;
    refusals.set(queue, { since, saidAt: isDue ? now : saidAt });
    wakeAt = Math.min(wakeAt, isDue ? now + againMs : dueAt);
    if (!isDue) continue;
    const picks = [...buckets.entries()].map(([, { priority, client, count }]) => ({
      queue,
      priority,
      client,
      count,
    }));
    const modelName = demand.options[0]?.variant.modelName ?? null;
    const reason = { kind: 'WAIT', backendId: null, modelName, explanation: failure.message } as const;
    effects.push({ type: 'refuse', picks, failure }, { type: 'decided', reason, jobId: null });
  }
  if (refusals.size === 0 && state.refusals.size === 0) return { state, effects, wakeAt };
  return { state: { ...state, refusals }, effects, wakeAt };
}

/** Null while any backend may load it one day, or an instance serves it. */
function whyHopeless(
  { options }: Demand,
  state: SchedulerState,
  backends: readonly BackendSnapshot[],
  now: number,
): Hopeless | null {
  const isAvailable = (id: BackendId) => backends.some((backend) => backend.id === id && backend.available);
  if (options.some((option) => !isAvailable(option.backendId) || isThere(option, state))) return null;
  const failures = options.map((option) => failedForGood(option, state, now));
  const others = options.filter((_, i) => failures[i] === null);
  return others.length === 0 ? (failures.at(-1) ?? null) : tooLarge(others, backends, now);
}

function isThere(option: LoadOption, state: SchedulerState): boolean {
  return instancesOf(state, option.backendId).some(
    (instance) => instance.status !== 'FAILED' && instance.status !== 'UNLOADING' && serves(instance, option),
  );
}

function failedForGood(
  { backendId, variant }: LoadOption,
  state: SchedulerState,
  now: number,
): Hopeless | null {
  const backend = state.backends.get(backendId);
  const hold = backend && finalHold(backend.loadHolds, variant.weights, now);
  if (!hold) return null;
  const { code, message } = hold;
  return { failure: { code, message, retryable: false }, isCertain: true };
}

function tooLarge(
  options: readonly LoadOption[],
  backends: readonly BackendSnapshot[],
  now: number,
): Hopeless | null {
  const message = impossibleEverywhere(options, backends, now)?.explanation;
  if (message === undefined) return null;
  return { failure: { code: 'INSUFFICIENT_VRAM', message, retryable: true }, isCertain: false };
}
