/** All that a decision may depend on. Its size grows with models, GPUs, backends and clients, never with jobs. */
import type { QueueBacklog } from '../../domain/backlog.ts';
import type { CardOverhead } from '../../domain/card-overhead.ts';
import type { BackendId, GpuId, InstanceId } from '../../domain/ids.ts';
import type { Instance } from '../../domain/instance.ts';
import type { JobPriority } from '../../domain/job.ts';
import { covers, type InstanceConfig, type Variant } from '../../domain/model.ts';
import type { Misfit, MoreSlots, SlotChoice } from '../../domain/resolver.ts';
import type { ClientRoom } from './claim-order.ts';
import type { OverdueShare, SwapSeconds } from './forced-share.ts';
import type { ServiceCounters } from './queue-order.ts';
import type { Visits } from './visits.ts';

export interface Snapshot {
  /** Start nothing new; what drains goes on. */
  readonly paused: boolean;
  readonly backends: readonly BackendSnapshot[];
  /** Queues with claimable jobs, less those that are being claimed at this moment. */
  readonly demand: readonly Demand[];
  /** Models to be resident although no job waits for them. */
  readonly wishes: readonly Wish[];
  /** Service received so far per client, in seconds of slots. */
  readonly service: ServiceCounters;
  /** Jobs that clients may still be given; no entry: as many as come. Absent: nobody has a limit. */
  readonly clientRoom?: ClientRoom;
  /** Who has no room left, as the rest was asked of the store and is not answered yet. Absent: nobody. */
  readonly clientsAtLimit?: readonly string[];
  /** What a job takes in its slot, in milliseconds by weights; nothing is known of the others yet. */
  readonly runMs: Pick<ReadonlyMap<string, number>, 'get'>;
}

export interface BackendSnapshot {
  readonly id: BackendId;
  readonly name: string;
  /** Answers, so that loads and jobs may be sent to it. */
  readonly available: boolean;
  /** Why nothing is loaded there although its server answers: its GPUs have not been read yet; null when they have. */
  readonly unreadGpus: string | null;
  /** What it serves stays in its memory, and nothing else comes there. */
  readonly alwaysResident: boolean;
  /** Loads that may be under way at once. */
  readonly loadChannels: number;
  /** The most instances its server holds. */
  readonly maxLoadedModels: number;
  /** Judges by itself what fits, from frozen readings. */
  readonly admitsByItself: boolean;
  /** One runner for each set of weights, so that a larger context replaces the smaller one. */
  readonly oneInstancePerWeights: boolean;
  /** Empty on a host without GPUs: then only the count limits. */
  readonly gpus: readonly GpuSnapshot[];
  /** Null where the host's memory is not watched. */
  readonly host: HostSnapshot | null;
  readonly instances: readonly InstanceSnapshot[];
  /** Plans under way: victims that drain for a model that will be loaded. */
  readonly swaps: readonly Swap[];
  /** Weights whose last load failed otherwise than for want of memory, and until when they are not tried again. */
  readonly loadHolds: ReadonlyMap<string, number>;
  /** Loads that ran out of memory, one entry for each shape. */
  readonly shortfalls: readonly Shortfall[];
  /** Seconds of loads that residents with work may still give way for (forced-share.ts). */
  readonly forcedSeconds: SwapSeconds;
}

export interface GpuSnapshot {
  readonly id: GpuId;
  /** Among its backend's. Absent: nobody names cards. */
  readonly index?: number;
  /** After headroom, reservations, foreign memory and instances. */
  readonly freeBytes: number;
  /** Free if every instance were gone. */
  readonly capacityBytes: number;
  /** All but headroom and what the configuration always reserves: free if nobody used the card. */
  readonly emptyBytes: number;
  /** Never given out, and free for whoever reads the card. */
  readonly headroomBytes: number;
  readonly totalBytes: number;
  readonly reservedBytes: number;
  /** Of instances that load or leave, which whoever reads the card may see as free still, or already. */
  readonly movingBytes: number;
  /** How far the claims exceed the card. */
  readonly deficitBytes: number;
  /** Since when, epoch milliseconds; null when they do not. */
  readonly deficitSince: number | null;
}

export interface HostSnapshot {
  /** What each instance may come to take beside its GPU memory. */
  readonly bytesPerInstance: number;
  /** After headroom, other programs, and what every instance may come to take; negative when that is more than there is. */
  readonly freeBytes: number;
  /** Free if every instance were gone. */
  readonly capacityBytes: number;
}

export interface InstanceSnapshot extends Instance, OverdueShare {
  /** When jobs were last claimed for it, epoch milliseconds by priority. */
  readonly claimedAt: Readonly<Partial<Record<JobPriority, number>>>;
  /** When it was last given a job while it had none, epoch milliseconds. */
  readonly busySince: number;
  /** How often its model was asked for; null where it was not yet. */
  readonly visits: Visits | null;
  /** Something went wrong on it and no later reading has cleared it: it gets no new job. */
  readonly suspect: boolean;
  /** Null keeps it for as long as nobody needs its memory. */
  readonly keepAliveMs: number | null;
  /** Never a victim, and no keep-alive. */
  readonly pinned: boolean;
  /** No name means its weights any more (manners/nameless.ts). */
  readonly nameless: boolean;
  /** What its load should take. */
  readonly expectedLoadMs: number;
  /** Bytes that were free on each card when it was loaded, as its server saw them. */
  readonly freeBeforeLoad: ReadonlyMap<GpuId, number>;
  /** Jobs asked of the store for it and not answered yet: until then the demand may have them off already, and once more. */
  readonly asking: number;
  /** What its server tells of it on GPUs, which leaves out what the driver takes; null while it loads. */
  readonly reportedBytes: number | null;
  /** When its server was told to let it go, epoch milliseconds; null before. */
  readonly unloadStartedAt: number | null;
  /** When its server said that it is gone; its memory may come back later. */
  readonly unloadedAt: number | null;
}

/** Asked for by a person, a pin or the configuration. */
export interface Wish {
  readonly option: LoadOption;
  /** For people. */
  readonly why: string;
  /** Whether others may have to leave for it; if not, it takes free memory only. */
  readonly mayEvict: boolean;
  /** When residents with work have to give way for it, too, epoch milliseconds; Infinity for never. */
  readonly overdueAt: number;
}

/** A shape whose load ran out of memory although it was believed to fit. */
export interface Shortfall {
  readonly weights: string;
  /** By which it was loaded. */
  readonly modelName: string;
  /** Tokens of all slots: a shape with more of them needs no less. */
  readonly tokens: number;
  readonly kvCacheType: InstanceConfig['kvCacheType'];
  /** It was to lie partly on the CPU already. */
  readonly offloaded: boolean;
  /** What was free for it. */
  readonly roomBytes: number;
  /** It lay on so many. */
  readonly cards: number;
  /** What the cards hold when they are empty, at that time. */
  readonly allBytes: number;
  /** In a row. */
  readonly times: number;
  /** Those of them that had nearly all that the cards hold. */
  readonly timesWithAll: number;
  /** It was measured before, so that another program that came and went is the likelier reason. */
  readonly wasMeasured: boolean;
  /** What the last one ended with. */
  readonly message: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Swap {
  readonly target: LoadOption;
  readonly victims: readonly InstanceId[];
  readonly openedAt: number;
}

export interface Demand {
  readonly backlog: QueueBacklog;
  /** Where it could run, and as what it would be loaded now; empty when no backend has the model. */
  readonly options: readonly LoadOption[];
  /** The same before anything was held against them. Absent: nothing is. */
  readonly asResolved?: readonly LoadOption[];
}

/** A variant that could be loaded on one backend. */
export interface LoadOption {
  readonly backendId: BackendId;
  readonly variant: Variant;
  readonly config: InstanceConfig;
  /** On one GPU. */
  readonly footprintBytes: number;
  /** What of that is on every GPU where it lies on several. */
  /** Indexes of the GPUs that it lies on, in equal parts of each. Absent: wherever there is room. */
  readonly gpus?: readonly number[];
  readonly overhead: CardOverhead;
  /** The part of that which is caution. */
  readonly marginBytes: number;
  /** What of it is to lie in the host's memory although there are GPUs. */
  readonly cpuBytes: number;
  /** The same with fewer slots, the most first, where their number is ours to choose. */
  readonly fewerSlots: readonly SlotChoice[];
  /** What it would take if its server takes memory for more slots than was said, the fewest first. */
  readonly withMoreSlots: readonly MoreSlots[];
  /** Whether it may lie there in part, where no GPU could ever hold it whole. */
  readonly mayOffload: boolean;
  /** Its last load there went to the CPU in part; null when it did not. */
  readonly misfit: Misfit | null;
  /** What of it on each GPU the driver takes, in no figure of the server's. */
  readonly driverBytes: number;
  /** What the server itself will predict, where it judges fit by itself. */
  readonly predictedByServerBytes: number;
  readonly measured: boolean;
  readonly loadMs: number;
  readonly keepAliveMs: number | null;
}

/** Whether jobs that ask for `option` can run on this instance without a reload. */
export function serves(instance: Pick<Instance, 'backendId' | 'variant'>, option: LoadOption): boolean {
  return instance.backendId === option.backendId && covers(instance.variant, option.variant);
}
