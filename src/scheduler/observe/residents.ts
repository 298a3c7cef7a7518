/** Who is really resident: the vanished are forgotten, the unknown adopted, suspects cleared. */
import type { Resident } from '../../domain/backend.ts';
import { nextInstanceStatus } from '../../domain/instance.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import { queueKey } from '../../domain/queue-key.ts';
import type { ResolvedModel } from '../../domain/resolver.ts';
import type { Effect } from '../events.ts';
import {
  type BackendRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withBackend,
  withInstance,
  withoutInstance,
} from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { type AdoptedModel, adopt, unknownModel } from './adopt.ts';

/** A lost server has lost its instances too, or will be asked about them when it is back. */
export function forgetAll(before: SchedulerState, backend: BackendRecord, now: number): Reduced {
  let state = withBackend(before, {
    ...(before.backends.get(backend.settings.id) ?? backend),
    swaps: [],
    residents: [],
    // It may come back with other settings.
    shortfalls: [],
  });
  const effects: Effect[] = [];
  for (const instance of instancesOf(before, backend.settings.id)) {
    nextInstanceStatus(instance.status, 'vanish');
    state = withoutInstance(state, instance, now);
    effects.push({ type: 'forget', instanceId: instance.id });
  }
  return { state, effects };
}

/** What we believe is there against what is. */
export function reconcile(
  before: SchedulerState,
  observation: BackendObservation,
  residents: readonly Resident[],
  world: World,
  effects: Effect[],
  now: number,
): SchedulerState {
  let state = before;
  const backendId = observation.backendId;
  const resolved = residents.map((resident) => ({
    resident,
    model: world.resolve(queueKey({ model: resident.modelName, contextLength: null }), backendId),
  }));
  // By weights: another client has had them loaded with another context, in the place of ours.
  const replaced = new Map<string, InstanceRecord>();
  for (const instance of instancesOf(state, backendId)) {
    if (!isKnownByList(instance) || (instance.loadedAt ?? now) >= observation.startedAt) continue;
    const match = resolved.find(({ resident, model }) => isSame(instance, resident, model));
    if (!match) {
      nextInstanceStatus(instance.status, 'vanish');
      state = withoutInstance(state, instance, now);
      effects.push({ type: 'forget', instanceId: instance.id });
      replaced.set(instance.variant.weights, instance);
    } else if (instance.suspectSince !== null && instance.suspectSince < observation.startedAt) {
      state = withInstance(state, { ...instance, suspectSince: null });
    } else if (instance.yielded && hasLoaded(state, observation)) {
      // The server has kept it.
      state = withInstance(state, { ...instance, yielded: false });
    }
  }
  for (const { resident, model } of resolved) {
    const meant = model && weightsOf(resident, model) === model.variant.weights ? model : null;
    const there = meant ?? namelessModel(state, observation, { resident, model }, world);
    if (!there) continue;
    const replaces = replaced.get(there.variant.weights);
    state = adopt(state, observation, { resident, model: there, replaces }, world, effects, now);
  }
  return state;
}

/** What is there and means nothing that any name says; null for what is one of ours, or cannot be told yet. */
function namelessModel(
  state: SchedulerState,
  { backendId }: BackendObservation,
  { resident, model }: { readonly resident: Resident; readonly model: ResolvedModel | null },
  world: World,
): AdoptedModel | null {
  const settings = state.backends.get(backendId)?.settings;
  if (!settings?.capabilities.shared || !world.hasListed(backendId)) return null;
  const weights = weightsOf(resident, model) ?? resident.digest;
  if (world.isNamed(weights, backendId)) return null;
  const isOurs = instancesOf(state, backendId).some((instance) => isSame(instance, resident, model));
  return isOurs ? null : unknownModel(resident, weights, settings.parallel);
}

/** Whether the server's list tells if it is there. The end of an unload is told by whoever waits for it; what has no name is waited for in vain. */
export function isKnownByList({ status, nameless }: InstanceRecord): boolean {
  return status === 'READY' || status === 'DRAINING' || (status === 'UNLOADING' && nameless);
}

/** Whether every load there had ended when the observation began. */
function hasLoaded(state: SchedulerState, { backendId, startedAt }: BackendObservation): boolean {
  return instancesOf(state, backendId).every(
    ({ status, loadedAt }) => status !== 'LOADING' && (loadedAt ?? 0) < startedAt,
  );
}

function isSame(instance: InstanceRecord, resident: Resident, model: ResolvedModel | null): boolean {
  // A name that was deleted or pulled anew means nothing or something else, and yet what was loaded by it stays until it is unloaded.
  const weights = weightsOf(resident, model);
  const named =
    weights === null
      ? resident.modelName === instance.variant.modelName
      : weights === instance.variant.weights;
  if (!named) return false;
  if (resident.shift !== undefined && resident.shift !== (instance.variant.options.shift ?? null))
    return false;
  return resident.contextLength === null || resident.contextLength === instance.variant.contextLength;
}

/** Null where that cannot be told: nobody knows the manifest that it was loaded by. */
export function weightsOf(resident: Resident, model: ResolvedModel | null): string | null {
  if (resident.weights !== undefined) return resident.weights;
  return model?.info.digest === resident.digest ? model.variant.weights : null;
}
