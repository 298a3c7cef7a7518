/** What the scheduling loop knows and owns. Only `step` makes a new one. */
import type { ReservationConfig } from '../config/config.ts';
import type { BackendCapabilities, BackendMode, HostReading, Resident } from '../domain/backend.ts';
import type { GpuReading } from '../domain/gpu.ts';
import type { BackendId, GpuId, InstanceId, JobId } from '../domain/ids.ts';
import type { Instance } from '../domain/instance.ts';
import type { JobPriority } from '../domain/job.ts';
import type { BackendHealth } from '../domain/system.ts';
import { VersionedMap } from '../domain/versioned-map.ts';
import { type Budgets, FULL_BUDGETS } from './decide/forced-share.ts';
import type { PlannedClaim } from './decide/plan.ts';
import type { Shortfall, Swap } from './decide/snapshot.ts';
import type { Visits } from './decide/visits.ts';
import type { LoadHold } from './loads/holds.ts';
import type { ProbedMemory } from './observe/probed-memory.ts';
import type { Activation, Service } from './runs/service.ts';
import type { Strikes } from './runs/strikes.ts';
import { NO_WORK, type Work } from './runs/work.ts';
import { NO_WISHES, type Wishes } from './wishes/wishes.ts';

/** Asked of the store, and not answered yet. */
export interface AskedClaim extends PlannedClaim {
  /** When a visit of its model begins with it if jobs come, epoch milliseconds; null where none does. */
  readonly visitAt: number | null;
}

export interface SchedulerState {
  readonly paused: boolean;
  readonly backends: ReadonlyMap<BackendId, BackendRecord>;
  /** Every instance that is not GONE. */
  readonly instances: ReadonlyMap<InstanceId, InstanceRecord>;
  /** Seconds of slots that each client has used; bounded, the longest unseen are forgotten. */
  readonly service: Service;
  /** Clients that had claimable jobs at the last step. */
  readonly activeClients: Activation['active'];
  /** What finished jobs taught of the work of others. */
  readonly work: Work;
  /** How often models were asked for, by weights; bounded, the longest unused are forgotten. */
  readonly visits: VersionedMap<string, Visits>;
  /** Claims that the store has not answered yet: their jobs are still in the backlog's counts. */
  readonly claims: ReadonlyMap<number, AskedClaim>;
  readonly nextClaim: number;
  readonly wishes: Wishes;
  /** Queues whose jobs no backend could ever run: since when, and when that was last said, epoch milliseconds. */
  readonly refusals: ReadonlyMap<string, { readonly since: number; readonly saidAt: number | null }>;
}

/** What of a backend is fixed at the start. */
export interface BackendSettings {
  readonly id: BackendId;
  readonly name: string;
  /** For people. */
  readonly mode: BackendMode;
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  /** The most instances its server holds; null for Ollama's own default, three for each GPU and at least three, and for no limit but memory where no count limits its models. */
  readonly maxLoadedModels: number | null;
  /** Of each of its GPUs. */
  readonly headroomBytes: number;
  /** Slots of an instance that someone else loaded. */
  readonly parallel: number;
  /** Whether a probe is configured or was found: until it has answered once nothing is loaded. */
  readonly hasProbe: boolean;
  /** Between two readings of its GPUs. */
  readonly probeIntervalMs: number;
  /** What the configuration keeps for others on its GPUs. Absent: nothing. */
  readonly reservations?: readonly Pick<ReservationConfig, 'owner' | 'bytes' | 'gpu' | 'whileProcess'>[];
}

export interface BackendRecord {
  readonly settings: BackendSettings;
  readonly health: BackendHealth;
  readonly problem: string | null;
  readonly version: string | null;
  readonly lastSeenAt: number | null;
  /** Null until the probe has answered once; empty on a host without GPUs. */
  readonly gpus: readonly GpuRecord[] | null;
  /** Between two readings of its GPUs as they come, in milliseconds: for `isStale`. */
  readonly gpuIntervalMs: number;
  readonly residents: readonly Resident[];
  /** Of processes that the backend started, as of the last reading. */
  readonly ownPids: ReadonlySet<number>;
  /** Null where its host is not watched, or was not read yet. */
  readonly host: HostReading | null;
  readonly swaps: readonly Swap[];
  /** By weights. */
  readonly loadHolds: ReadonlyMap<string, LoadHold>;
  /** One for each shape whose load ran out of memory. */
  readonly shortfalls: readonly Shortfall[];
  /** When instances of these weights last left, epoch milliseconds: older readings may still show them. */
  readonly departures: ReadonlyMap<string, number>;
  /** For loads that residents with work have to give way for. */
  readonly forced: Budgets;
}

export interface GpuRecord {
  readonly id: GpuId;
  readonly reading: GpuReading;
  readonly foreignBytes: number;
  /** Since when more is claimed than there is, epoch milliseconds; null when all is well. */
  readonly deficitSince: number | null;
}

export interface InstanceRecord extends Instance {
  readonly keepAliveMs: number | null;
  /** When something went wrong on it, epoch milliseconds; null when all is well. */
  readonly suspectSince: number | null;
  /** When it was told to go, epoch milliseconds. */
  readonly unloadStartedAt: number | null;
  /** When the server said that it is gone, epoch milliseconds; its memory may still be on its way back. */
  readonly unloadedAt: number | null;
  readonly pinned: boolean;
  /** No name of its backend means its weights any more: its server cannot be told to let it go (decide/manners/nameless.ts). */
  readonly nameless: boolean;
  /** It is left to its server to evict it for a load: its bytes count no more, unless the server keeps it. */
  readonly yielded: boolean;
  /** It was asked to go while it loaded. */
  readonly unwanted: boolean;
  /** What its load should take. */
  readonly expectedLoadMs: number;
  /** Bytes that were free on each card when it was loaded, as its server saw them. */
  readonly freeBeforeLoad: ReadonlyMap<GpuId, number>;
  /** What its server tells of it on GPUs; null while it loads. */
  readonly reportedBytes: number | null;
  /** What the driver is believed to take for it. */
  readonly driverBytes: number;
  readonly probed: ProbedMemory;
  readonly strikes: Strikes;
  /** One for each claim that waits or runs on it: a job that was cancelled and queued again can be there twice for a moment. */
  readonly jobs: readonly JobId[];
  /** When jobs were last claimed for it, epoch milliseconds by priority. */
  readonly claimedAt: Readonly<Partial<Record<JobPriority, number>>>;
  /** When it was last given a job while it had none, epoch milliseconds. */
  readonly busySince: number;
  /** Those of them that came before their turn because they were overdue. */
  readonly overdue: ReadonlySet<JobId>;
  /** What such jobs may still take (decide/forced-share.ts). */
  readonly overdueCreditMs: number;
  /** Asked of the store, not answered yet. `activeJobs` is the sum of both. */
  readonly asking: number;
}

export function initialState(backends: readonly BackendSettings[]): SchedulerState {
  return {
    paused: false,
    backends: new Map(
      backends.map((settings) => [
        settings.id,
        {
          settings,
          health: 'UNREACHABLE',
          problem: 'It has not answered yet.',
          version: null,
          lastSeenAt: null,
          gpus: settings.hasProbe ? null : [],
          gpuIntervalMs: settings.probeIntervalMs,
          residents: [],
          ownPids: new Set(),
          host: null,
          swaps: [],
          loadHolds: new Map(),
          shortfalls: [],
          departures: new Map(),
          forced: FULL_BUDGETS,
        },
      ]),
    ),
    instances: new Map(),
    service: VersionedMap.of(),
    activeClients: VersionedMap.of(),
    work: NO_WORK,
    visits: VersionedMap.of(),
    claims: new Map(),
    nextClaim: 1,
    wishes: NO_WISHES,
    refusals: new Map(),
  };
}

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

export function instancesOf(state: SchedulerState, backendId: BackendId): readonly InstanceRecord[] {
  return [...state.instances.values()].filter((instance) => instance.backendId === backendId);
}

export function withInstance(state: SchedulerState, instance: InstanceRecord): SchedulerState {
  const counted = { ...instance, activeJobs: instance.jobs.length + instance.asking };
  return { ...state, instances: withEntry(state.instances, instance.id, counted) };
}

export function withBackend(state: SchedulerState, backend: BackendRecord): SchedulerState {
  return { ...state, backends: withEntry(state.backends, backend.settings.id, backend) };
}

/** Takes a gone instance out, remembering when. */
export function withoutInstance(
  state: SchedulerState,
  instance: InstanceRecord,
  now: number,
): SchedulerState {
  const left = { ...state, instances: withoutEntry(state.instances, instance.id) };
  const backend = state.backends.get(instance.backendId);
  if (!backend) return left;
  return withBackend(left, {
    ...backend,
    departures: withEntry(backend.departures, instance.variant.weights, now),
  });
}
