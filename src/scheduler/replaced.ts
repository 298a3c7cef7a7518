/** Instances whose name has come to mean other weights: a pull has replaced them, and no new job wants them. */
import { nextInstanceStatus } from '../domain/instance.ts';
import { queueKey } from '../domain/queue-key.ts';
import type { Effect } from './events.ts';
import { type SchedulerState, withInstance } from './state.ts';
import type { Reduced, World } from './turn.ts';

/** They drain, unless jobs wait that still mean them by another name. */
export function drainReplaced(before: SchedulerState, world: World): Reduced {
  let state = before;
  const effects: Effect[] = [];
  for (const instance of before.instances.values()) {
    if (instance.status !== 'READY') continue;
    const { backendId, variant } = instance;
    const queue = queueKey({ model: variant.modelName, contextLength: null });
    const meant = world.resolve(queue, backendId);
    if (!meant || meant.variant.weights === variant.weights) continue;
    const isWanted = world.demand.some(({ options }) =>
      options.some((one) => one.backendId === backendId && one.variant.weights === variant.weights),
    );
    if (isWanted) continue;
    state = withInstance(state, { ...instance, status: nextInstanceStatus(instance.status, 'drain') });
    const explanation = 'Its name has other weights since a pull; the next job of it gets those.';
    const reason = { kind: 'DRAIN', backendId, modelName: variant.modelName, explanation } as const;
    effects.push({ type: 'decided', reason, jobId: null });
  }
  return { state, effects };
}
