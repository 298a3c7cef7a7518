/** Models that are to be resident, and that no backend has. */
import { parseQueueKey } from '../../domain/queue-key.ts';
import type { Effect } from '../events.ts';
import type { SchedulerState } from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { wantedModels } from './upkeep.ts';

/** Tells of each that has become missing since the last turn; the others were told of. */
export function tellMissing(state: SchedulerState, world: World): Reduced {
  const before = state.wishes.missing;
  const missing = new Map<string, { readonly modelName: string; readonly why: string }>();
  for (const { queue, backendId, why } of wantedModels(state.wishes)) {
    const places = backendId === null ? [...state.backends.keys()] : [backendId];
    // A backend that is to be heard yet may have it.
    if (!places.every((id) => world.hasListed(id) && world.resolve(queue, id) === null)) continue;
    const modelName = parseQueueKey(queue).model;
    missing.set(`${modelName} ${why}`, { modelName, why });
  }
  if (missing.size === before.size && [...missing.keys()].every((key) => before.has(key)))
    return { state, effects: [] };
  const effects = [...missing].flatMap(([key, { modelName, why }]): Effect[] => {
    if (before.has(key)) return [];
    const explanation = `It is to be resident (${why}). No backend has it; it is loaded when one has pulled it.`;
    const reason = { kind: 'WAIT', backendId: null, modelName, explanation } as const;
    return [
      { type: 'decided', reason, jobId: null },
      { type: 'missing', modelName, why },
    ];
  });
  return { state: { ...state, wishes: { ...state.wishes, missing: new Set(missing.keys()) } }, effects };
}
