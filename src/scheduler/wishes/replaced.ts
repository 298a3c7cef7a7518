/**
 * Instances whose name has come to mean other weights, or nothing: somebody has pulled, copied or deleted, and no new job wants them. What no
 * other name means either has no name by which its server could be told to let it go (decide/manners/nameless.ts).
 */
import { nextInstanceStatus } from '../../domain/instance.ts';
import { queueKey } from '../../domain/queue-key.ts';
import { reasonAbout } from '../decide/reason.ts';
import type { Effect } from '../events.ts';
import { type InstanceRecord, type SchedulerState, withInstance } from '../state.ts';
import type { Reduced, World } from '../turn.ts';

/** They drain, unless jobs wait that still mean them by another name. */
export function drainReplaced(before: SchedulerState, world: World): Reduced {
  let state = before;
  const effects: Effect[] = [];
  for (const known of before.instances.values()) {
    const instance = { ...known, nameless: isNameless(known, before, world) };
    if (instance.nameless !== known.nameless) state = withInstance(state, instance);
    const mayGo = instance.status === 'READY' && !isAlwaysThere(instance, before);
    const explanation = mayGo ? whyNotWanted(instance, world) : null;
    if (explanation === null) continue;
    state = withInstance(state, { ...instance, status: nextInstanceStatus(instance.status, 'drain') });
    effects.push({
      type: 'decided',
      reason: reasonAbout(instance, 'DRAIN', explanation, { cause: 'REPLACED' }),
      jobId: null,
    });
  }
  return { state, effects };
}

/** Of processes of our own it does not matter. Until the models were told nobody can say. */
function isNameless({ backendId, variant }: InstanceRecord, state: SchedulerState, world: World): boolean {
  const isShared = state.backends.get(backendId)?.settings.capabilities.shared ?? false;
  return isShared && world.hasListed(backendId) && !world.isNamed(variant.weights, backendId);
}

function isAlwaysThere({ backendId }: InstanceRecord, { backends }: SchedulerState): boolean {
  return backends.get(backendId)?.settings.capabilities.alwaysResident ?? false;
}

/** Null when its name still means it, or a job that waits does. */
function whyNotWanted({ backendId, variant, nameless }: InstanceRecord, world: World): string | null {
  const queue = queueKey({ model: variant.modelName, contextLength: null });
  const meant = world.resolve(queue, backendId);
  if (!nameless && (!meant || meant.variant.weights === variant.weights)) return null;
  const isWanted = world.demand.some(({ options }) =>
    options.some((one) => one.backendId === backendId && one.variant.weights === variant.weights),
  );
  if (isWanted) return null;
  return meant
    ? 'Its name has other weights since a pull; the next job of it gets those.'
    : 'Its name was deleted, so no job can ask for it.';
}
