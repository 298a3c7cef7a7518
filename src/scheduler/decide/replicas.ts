/** Models that are worth a second instance, as their queue will last for much longer than its load. */
import { type Candidate, isPossibleNow, mostUrgent } from './candidates.ts';
import { REPLICA_LOADS } from './constants.ts';
import type { Draft } from './draft.ts';
import type { LoadOption } from './snapshot.ts';
import { weightedWaiting } from './waiting.ts';

/** Once more on another backend, into free memory, where the queue will last for much longer than the load. */
export function replicas(draft: Draft): readonly Candidate[] {
  if (draft.snapshot.backends.length < 2) return [];
  return draft.snapshot.demand.flatMap((whole) => {
    const demand = draft.readySlots(whole) > 0 ? draft.worthLoading(whole) : null;
    if (!demand) return [];
    const { backlog, options } = demand;
    const weights = options[0]?.variant.weights;
    const runMs = weights === undefined ? undefined : draft.snapshot.runMs.get(weights);
    if (weights === undefined || runMs === undefined) return [];
    const isWorthIt = (option: LoadOption) => {
      const slots = draft.readySlots(demand);
      const clearMs = (backlog.count * runMs) / Math.max(1, slots);
      return slots > 0 && !draft.isComing(weights) && clearMs > REPLICA_LOADS * option.loadMs;
    };
    return options
      .filter(
        (option) => isWorthIt(option) && !draft.isServed(option) && draft.note(isPossibleNow(draft, option)),
      )
      .map((option) => ({
        option,
        wider: [],
        weight: weightedWaiting(backlog, draft.now) / (1 + draft.readySlots(demand)),
        courteousUntil: Number.POSITIVE_INFINITY,
        overdueAt: Number.POSITIVE_INFINITY,
        priority: mostUrgent([demand]),
        head: () => null,
        service: () => 0,
        wanted: `${backlog.count} waiting for ${draft.readySlots(demand)} slots, which is worth another instance`,
        mayEvict: false,
        isOpen: () => isWorthIt(option) && !draft.isServed(option),
      }));
  });
}
