/** Takes over what is in a server's memory and was not loaded by us, or not in this life. */

import type { Resident } from '../../domain/backend.ts';
import { bytesOn } from '../../domain/instance.ts';
import { adoptedOptions } from '../../domain/model.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import type { ResolvedModel } from '../../domain/resolver.ts';
import { hostBytesOf } from '../decide/host.ts';
import type { Effect } from '../events.ts';
import { gpusOfFootprint, rawFreeBytes } from '../ledger/cards.ts';
import { NO_STRIKES } from '../runs/strikes.ts';
import {
  type BackendRecord,
  type GpuRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withInstance,
} from '../state.ts';
import type { World } from '../turn.ts';
import { UNSEEN } from './probed-memory.ts';

/** Share of an instance's bytes that an unexplained reading may lack: readings are not exact. */
const ADOPTION_TOLERANCE = 0.1;

/** As much as is taken from what is known of it. */
export type AdoptedModel = Pick<
  ResolvedModel,
  'variant' | 'config' | 'driverBytes' | 'partialOffload' | 'keepAliveMs' | 'loadMs'
>;

/** For weights that no name means: nobody will ask for it, and it goes as soon as it can. */
export function unknownModel(resident: Resident, weights: string, parallel: number): AdoptedModel {
  const { modelName, contextLength } = resident;
  return {
    variant: { modelName, weights, contextLength: contextLength ?? 0, options: {}, embedding: false },
    config: { parallel, kvCacheType: 'f16', flashAttention: null },
    keepAliveMs: null,
    loadMs: 0,
  };
}

export interface Adoption {
  readonly resident: Resident;
  readonly model: AdoptedModel;
  /** The one of ours in whose place this reading shows it. */
  readonly replaces: InstanceRecord | undefined;
}

/** Takes over what someone else loaded, unless it is one of ours, or one that has left since the reading began. */
export function adopt(
  state: SchedulerState,
  observation: BackendObservation,
  { resident, model, replaces }: Adoption,
  world: World,
  effects: Effect[],
  now: number,
): SchedulerState {
  const backend = state.backends.get(observation.backendId);
  if (!backend) return state;
  const { weights } = model.variant;
  const ours = instancesOf(state, observation.backendId).some(
    (instance) => instance.variant.weights === weights,
  );
  const mayHaveLeft = (backend.departures.get(weights) ?? 0) >= observation.startedAt;
  const contextLength = resident.contextLength ?? model.variant.contextLength;
  // What is there with more than ours had did not leave, and serves all that ours did.
  const isAnother = replaces !== undefined && contextLength > replaces.variant.contextLength;
  if (ours || (mayHaveLeft && !isAnother)) return state;
  const known = adoptedOptions(model.variant.options, contextLength);
  // Where the server does not tell it, it is most likely what a model does by itself.
  const options = typeof resident.shift === 'boolean' ? { ...known, shift: resident.shift } : known;
  const variant = { ...model.variant, contextLength, options };
  const config = { ...model.config, parallel: resident.parallel ?? model.config.parallel };
  const id = world.newInstanceId();
  const spilled = (backend.gpus?.length ?? 0) > 0 && resident.vramBytes < resident.sizeBytes;
  const ofDriver = resident.vramBytes > 0 ? (model.driverBytes ?? 0) : 0;
  const before = replaces ? gpusOfFootprint(backend, replaces.footprint).map(({ key }) => key) : null;
  const keys = resident.gpuKeys ?? (before?.length ? before : null);
  const footprint = spread(resident.vramBytes, ofDriver, backend.gpus ?? [], keys);
  const gpus = gpusOfFootprint(backend, footprint);
  effects.push({
    type: 'adopt',
    instanceId: id,
    backendId: observation.backendId,
    resident,
    spec: { variant, config, gpus },
  });
  effects.push({ type: 'poke', backendId: observation.backendId, when: 'soon' });
  return withInstance(state, {
    id,
    backendId: observation.backendId,
    variant,
    config,
    status: 'READY',
    footprint,
    hostBytes: hostBytesOf(
      { footprintBytes: resident.sizeBytes, cpuBytes: spilled ? resident.sizeBytes - resident.vramBytes : 0 },
      backend.settings.capabilities.hostBytesPerInstance,
      backend.gpus,
    ),
    spilled,
    partialOffload: model.partialOffload ?? false,
    adopted: true,
    loadStartedAt: now,
    loadedAt: now,
    lastUsedAt: now,
    activeJobs: 0,
    keepAliveMs: model.keepAliveMs,
    suspectSince: null,
    unloadStartedAt: null,
    unloadedAt: null,
    pinned: false,
    unwanted: false,
    nameless: false,
    yielded: false,
    expectedLoadMs: model.loadMs,
    freeBeforeLoad: leastFreeBefore(state, backend, footprint),
    reportedBytes: resident.vramBytes,
    driverBytes: ofDriver * footprint.length,
    probed: UNSEEN,
    strikes: NO_STRIKES,
    claimedAt: {},
    busySince: now,
    overdue: new Set(),
    overdueCreditMs: 0,
    jobs: [],
    asking: 0,
  });
}

/** When it was loaded nobody saw what was free: at least what is free now besides it. */
function leastFreeBefore(
  state: SchedulerState,
  backend: BackendRecord,
  footprint: InstanceRecord['footprint'],
): InstanceRecord['freeBeforeLoad'] {
  // Its own bytes were unexplained until now, so they are in the foreign ones.
  return new Map(
    [...rawFreeBytes(state, backend)].map(([id, bytes]) => [id, bytes + bytesOn(id, footprint)]),
  );
}

/** Where it is not told where it lies: on the card whose unexplained memory could hold it, else over all cards. */
function spread(
  bytes: number,
  driverBytes: number,
  all: readonly GpuRecord[],
  keys: readonly string[] | null,
): InstanceRecord['footprint'] {
  const gpus = keys === null ? all : all.filter((gpu) => keys.includes(gpu.reading.key));
  if (gpus.length === 0 || bytes === 0) return [];
  const holder =
    gpus.find((gpu) => gpu.foreignBytes >= (bytes + driverBytes) * (1 - ADOPTION_TOLERANCE)) ??
    (gpus.length === 1 ? gpus[0] : undefined);
  if (holder) return [{ gpuId: holder.id, bytes: bytes + driverBytes }];
  return gpus.map((gpu) => ({ gpuId: gpu.id, bytes: Math.floor(bytes / gpus.length) + driverBytes }));
}
