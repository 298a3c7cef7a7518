/** What a queue means on a backend today: the seam between the registry, which knows models, and those who decide. */
import type { CardOverhead } from './card-overhead.ts';
import type { BackendId } from './ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from './model.ts';
import type { QueueKey } from './queue-key.ts';

/** A load that went to the CPU in part. */
export interface Misfit {
  /** What the server said that it takes in all. */
  readonly sizeBytes: number;
  /** What of it went to GPUs. */
  readonly vramBytes: number;
  /** What was free for it on its GPUs; null where nobody knew. */
  readonly roomBytes: number | null;
  /** GPUs that it was cut over. Absent: one. */
  readonly cards?: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** In a row. */
  readonly times: number;
}

/** What differs from one number of slots to another. */
export interface SlotChoice {
  readonly variant: Variant;
  readonly config: InstanceConfig;
  readonly footprintBytes: number;
  /** Absent: none. */
  readonly overhead?: CardOverhead;
  readonly marginBytes: number;
  readonly predictedByServerBytes: number;
  readonly measured: boolean;
}

/** The bytes of a model with so many slots. */
export interface MoreSlots {
  readonly slots: number;
  readonly bytes: number;
}

export interface ResolvedModel {
  readonly info: ModelInfo;
  /** The variant that this queue asks for, with its canonical options. */
  readonly variant: Variant;
  readonly config: InstanceConfig;
  /** Of one instance, on one GPU. */
  readonly footprintBytes: number;
  /** What of it is on every GPU where there are several. Absent: none. */
  readonly overhead?: CardOverhead;
  /** The part of it that is caution. Absent: none. */
  readonly marginBytes?: number;
  /** What of it the driver takes for the process, in no figure of the server's. Absent: none. */
  readonly driverBytes?: number;
  /** What the server itself will predict before a load, right or wrong. */
  readonly predictedByServerBytes: number;
  /** Whether the footprint was measured or is a prediction. */
  readonly measured: boolean;
  /** Expected time of a load. */
  readonly loadMs: number;
  /** How long an idle instance stays; null for as long as nobody needs its memory. */
  readonly keepAliveMs: number | null;
  /** Whether it may be partly on the CPU where no GPU could ever hold it whole. Absent: it may not. */
  readonly partialOffload?: boolean;
  /** The same with fewer slots, the most first, where nobody has named their number. Absent: none. */
  readonly fewerSlots?: readonly SlotChoice[];
  /**
   * Where others decide how many slots memory is taken for: what it is predicted to take with more of them than was said, the fewest
   * first. Absent: nobody else decides.
   */
  readonly withMoreSlots?: readonly MoreSlots[];
  /** Indexes of the GPUs that it lies on, in equal parts of each. Absent: wherever there is room. */
  readonly gpus?: readonly number[];
  /** Its last load there went to the CPU in part, although it should not have; null when it never did, or has fitted since. Absent: null. */
  readonly misfit?: Misfit | null;
  /** It is about to leave the backend: what is in memory is still known by it, and nothing more is loaded or given to it. */
  readonly withheld?: boolean;
}

export interface ModelResolver {
  /** Grows whenever an answer of `resolve` may have changed. */
  readonly version: number;
  /** Whether that backend has told its models: until then nobody can say that it lacks one. */
  hasListed(backendId: BackendId): boolean;
  /** Whether that backend has a model of this name, and is still to be heard of it. Absent: never. */
  isAwaited?(queue: QueueKey, backendId: BackendId): boolean;
  /** Whether any name of that backend means these weights: without one nobody can ask for them, or have them unloaded. */
  isNamed(weights: string, backendId: BackendId): boolean;
  /** Null when that backend has no such model. */
  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null;
}
