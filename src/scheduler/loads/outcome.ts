/** What became of a load: the instance is ready, or what its failure tells is kept. */
import { footprintBytes, nextInstanceStatus, totalBytes } from '../../domain/instance.ts';
import { queueKey } from '../../domain/queue-key.ts';
import { formatDuration } from '../../domain/units.ts';
import { reasonAbout } from '../decide/reason.ts';
import { type FailedForMemory, tokensOf, withFailure, withSuccess } from '../decide/shortfall.ts';
import type { EventOf } from '../events.ts';
import {
  type BackendRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withBackend,
  withEntry,
  withInstance,
} from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { afterFailedLoad, afterLoad } from './holds.ts';
import { roomOfLoad } from './room.ts';

export function loaded(state: SchedulerState, event: EventOf<'loaded'>, now: number): Reduced {
  const instance = state.instances.get(event.instanceId);
  if (instance?.status !== 'LOADING') return { state, effects: [] };
  const backend = state.backends.get(instance.backendId);
  const { measured } = event;
  const hasGpus = (backend?.gpus?.length ?? 0) > 0;
  const vramBytes = measured?.vramBytes ?? 0;
  const driverBytes = measured && vramBytes === 0 ? 0 : instance.driverBytes;
  const ready: InstanceRecord = {
    ...instance,
    // It was asked to go in the moment in which it was there.
    status: instance.unwanted
      ? nextInstanceStatus('READY', 'drain')
      : nextInstanceStatus(instance.status, 'loaded'),
    variant: event.variant,
    footprint:
      measured && hasGpus ? rescale(instance.footprint, vramBytes + driverBytes) : instance.footprint,
    reportedBytes: measured ? vramBytes : footprintBytes(instance) - instance.driverBytes,
    driverBytes,
    spilled: hasGpus && measured !== null && measured.vramBytes < measured.sizeBytes,
    loadedAt: now,
    lastUsedAt: now,
  };
  const next = withInstance(state, ready);
  return {
    state: backend
      ? withBackend(next, {
          ...backend,
          loadHolds: afterLoad(backend.loadHolds, instance.variant.weights, instance),
          shortfalls: withSuccess(backend.shortfalls, shapeOf(instance)),
        })
      : next,
    effects: [{ type: 'poke', backendId: instance.backendId, when: 'soon' }],
  };
}

/** How it was really cut only a reading of the cards shows: until then each part keeps the most that it can be. */
function rescale(footprint: InstanceRecord['footprint'], bytes: number): InstanceRecord['footprint'] {
  const predicted = totalBytes(footprint);
  return footprint.map((part) => {
    const scaled = Math.round((bytes * part.bytes) / Math.max(1, predicted));
    return { ...part, bytes: footprint.length > 1 ? Math.max(part.bytes, scaled) : scaled };
  });
}

export function loadFailed(
  state: SchedulerState,
  event: EventOf<'load-failed'>,
  world: World,
  now: number,
): Reduced {
  const instance = state.instances.get(event.instanceId);
  const backend = instance && state.backends.get(instance.backendId);
  if (!instance || !backend) return { state, effects: [] };
  if (instance.unwanted) {
    const ended = { ...instance, status: nextInstanceStatus(instance.status, 'break') };
    return { state: withInstance(state, ended), effects: [] };
  }
  const forMemory = event.remedy === 'free-memory' && !event.spilled;
  const { message } = event;
  const { weights } = instance.variant;
  const hold = afterFailedLoad(backend.loadHolds.get(weights), { ...event, ...instance }, now);
  const held = forMemory
    ? {
        ...backend,
        shortfalls: withFailure(backend.shortfalls, failedForMemory(instance, backend, message, world, now)),
      }
    : {
        ...backend,
        loadHolds: withEntry(backend.loadHolds, weights, hold),
      };
  // What the server did with it is not known for sure: it is told to let go, and its bytes count until it has.
  const broken = { ...instance, status: nextInstanceStatus(instance.status, 'break') };
  const then = forMemory
    ? 'what it had was not enough, so it is tried again in more, or later'
    : hold.isFinal
      ? 'its waiting jobs end'
      : `not tried again for ${formatDuration(hold.until - now)}`;
  const reason = reasonAbout(instance, 'LOAD', `The load failed (${message}); ${then}.`);
  return {
    state: withInstance(withBackend(takenBack(state, backend), held), broken),
    effects: [{ type: 'decided', reason, jobId: null }],
  };
}

/** Whom the server has evicted for it the next reading tells; until then they count. */
function takenBack(before: SchedulerState, { settings }: BackendRecord): SchedulerState {
  const yielded = instancesOf(before, settings.id).filter((instance) => instance.yielded);
  return yielded.reduce((state, instance) => withInstance(state, { ...instance, yielded: false }), before);
}

function failedForMemory(
  instance: InstanceRecord,
  { settings, gpus }: BackendRecord,
  message: string,
  world: World,
  now: number,
): FailedForMemory {
  const { variant, config } = instance;
  const empty = (gpus ?? []).map(({ reading }) => Math.max(0, reading.totalBytes - settings.headroomBytes));
  const { modelName, contextLength, options } = variant;
  const queue = queueKey({ model: modelName, contextLength, shift: options.shift });
  return {
    ...shapeOf(instance),
    modelName: variant.modelName,
    kvCacheType: config.kvCacheType,
    ...roomOfLoad(instance, settings.headroomBytes),
    allBytes: empty.reduce((sum, bytes) => sum + bytes, 0),
    wasMeasured: world.resolve(queue, settings.id)?.measured ?? false,
    message,
    at: now,
  };
}

function shapeOf({ variant, config, partialOffload }: InstanceRecord) {
  return {
    weights: variant.weights,
    tokens: tokensOf({ variant, config }),
    offloaded: partialOffload ?? false,
  };
}
