/** The end of an instance: the server lets it go, and its memory comes back. */
import type { InstanceId } from '../../domain/ids.ts';
import { bytesOn, nextInstanceStatus } from '../../domain/instance.ts';
import { append } from '../../domain/long-lists.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import { UNLOAD_STALL_MS } from '../decide/constants.ts';
import type { Effect } from '../events.ts';
import {
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withInstance,
  withoutInstance,
} from '../state.ts';
import type { Reduced } from '../turn.ts';

/** Share of an instance's bytes that may be missing when its memory counts as back: readings are not exact. */
const RECOVERY_TOLERANCE = 0.1;

/** Its server said that it is gone. */
export function unloaded(state: SchedulerState, id: InstanceId, now: number): Reduced {
  const instance = state.instances.get(id);
  if (instance?.status !== 'UNLOADING') return { state, effects: [] };
  const unloading = { ...instance, unloadedAt: now };
  const next = withInstance(state, unloading);
  if (isBack(next, unloading)) return { state: withoutInstance(next, unloading, now), effects: [] };
  return { state: next, effects: [confirmation(next, unloading, shownFrom(unloading))] };
}

/** Whether its memory is that of a process which we end. */
export function isOurProcess(state: SchedulerState, { backendId }: InstanceRecord): boolean {
  return state.backends.get(backendId)?.settings.capabilities.startsProcesses === true;
}

/** An instance that the server has let go is gone when its memory is back, or was not for too long. `newest`: when the last of them was unloaded. */
export function confirmFreed(
  before: SchedulerState,
  observation: BackendObservation,
  now: number,
  effects: Effect[],
): { readonly state: SchedulerState; readonly newest: number } {
  let state = before;
  const pending: Effect[] = [];
  let newest = Number.POSITIVE_INFINITY;
  for (const instance of instancesOf(state, observation.backendId)) {
    const { unloadedAt } = instance;
    if (instance.status !== 'UNLOADING' || unloadedAt === null) continue;
    // What has not come back for as long as Ollama itself would wait is taken as lost to others.
    if (isBack(state, instance) || now - unloadedAt >= UNLOAD_STALL_MS) {
      nextInstanceStatus(instance.status, 'vanish');
      state = withoutInstance(state, instance, now);
      newest = newest === Number.POSITIVE_INFINITY ? unloadedAt : Math.max(newest, unloadedAt);
    } else if (observation.startedAt < unloadedAt) pending.push(confirmation(state, instance, unloadedAt));
    else pending.push({ type: 'poke', backendId: observation.backendId, when: 'soon' });
  }
  // One reading answers for all of them: asking once for each would double the questions with every answer.
  append(effects, pending.slice(0, 1));
  return { state, newest };
}

/** The memory of a process of our own is back when it is gone; a server that lets go of a model gives it back a little later. */
function confirmation(state: SchedulerState, instance: InstanceRecord, since: number): Effect {
  const { backendId } = instance;
  return isOurProcess(state, instance)
    ? { type: 'poke', backendId, when: 'now', since }
    : { type: 'poke', backendId, when: 'soon' };
}

/**
 * From when on a reading can show that the memory of an instance is back. Of one that was loaded it only becomes less once it was told
 * to go; a load that failed may have gone on taking more until it was unloaded.
 */
function shownFrom({ loadedAt, unloadStartedAt, unloadedAt }: InstanceRecord): number {
  return (loadedAt === null ? unloadedAt : unloadStartedAt) ?? Number.POSITIVE_INFINITY;
}

/**
 * Whether the newest readings no longer show its bytes. Only what is surely there explains a reading: instances that leave together are
 * confirmed together, or the memory of the one that went first would pass for the other's.
 */
function isBack(state: SchedulerState, instance: InstanceRecord): boolean {
  const backend = state.backends.get(instance.backendId);
  const resident = instancesOf(state, instance.backendId).filter(
    (one) => one.status === 'READY' || one.status === 'DRAINING',
  );
  return instance.footprint.every((part) => {
    const gpu = backend?.gpus?.find((each) => each.id === part.gpuId);
    if (!gpu || gpu.reading.usedBytes === null) return true;
    if (gpu.reading.sampledAt < shownFrom(instance)) return false;
    const explained = resident.flatMap((other) => other.footprint);
    const known = gpu.foreignBytes + bytesOn(part.gpuId, explained);
    return gpu.reading.usedBytes <= known + part.bytes * RECOVERY_TOLERANCE;
  });
}
