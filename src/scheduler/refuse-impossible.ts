/** Waiting jobs whose model can be loaded nowhere, not even with everything else gone: they end, with what would help. */

import { type Impossible, impossible } from './decide/impossible.ts';
import type { BackendSnapshot } from './decide/snapshot.ts';
import { type Demand, serves } from './decide/snapshot.ts';
import type { Effect } from './events.ts';
import { instancesOf, type SchedulerState } from './state.ts';
import type { Reduced, World } from './turn.ts';

/** Cards and models can be missing from a reading for a moment: so long it has to stay impossible. */
const LONG_ENOUGH_MS = 30_000;
/** The store has ended them by then, unless it could not. */
const SAY_AGAIN_MS = 10_000;

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
    const why = whyImpossible(demand, state, backends, now);
    if (!why) continue;
    const { queue, buckets } = demand.backlog;
    const { since = now, saidAt = null } = state.refusals.get(queue) ?? {};
    const dueAt = saidAt === null ? since + LONG_ENOUGH_MS : saidAt + SAY_AGAIN_MS;
    const isDue = dueAt <= now;
    refusals.set(queue, { since, saidAt: isDue ? now : saidAt });
    wakeAt = Math.min(wakeAt, isDue ? now + SAY_AGAIN_MS : dueAt);
    if (!isDue) continue;
    const picks = buckets.map(({ priority, client, count }) => ({ queue, priority, client, count }));
    const failure = { code: 'INSUFFICIENT_VRAM', message: why.explanation, retryable: true } as const;
    const modelName = demand.options[0]?.variant.modelName ?? null;
    const reason = { kind: 'WAIT', backendId: null, modelName, explanation: why.explanation } as const;
    effects.push({ type: 'refuse', picks, failure }, { type: 'decided', reason, jobId: null });
  }
  if (refusals.size === 0 && state.refusals.size === 0) return { state, effects, wakeAt };
  return { state: { ...state, refusals }, effects, wakeAt };
}

/** Null while any backend may load it one day, or an instance serves it. */
function whyImpossible(
  { options }: Demand,
  state: SchedulerState,
  backends: readonly BackendSnapshot[],
  now: number,
): Impossible | null {
  let last: Impossible | null = null;
  for (const option of options) {
    const backend = backends.find(({ id }) => id === option.backendId);
    if (!backend?.available) return null;
    const found = impossible(option, backend, now);
    if (!found || instancesOf(state, backend.id).some((instance) => serves(instance, option))) return null;
    last = found;
  }
  return last;
}
