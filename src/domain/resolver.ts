/** What a queue means on a backend today: the seam between the registry, which knows models, and those who decide. */
import type { BackendId } from './ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from './model.ts';
import type { QueueKey } from './queue-key.ts';

export interface ResolvedModel {
  readonly info: ModelInfo;
  /** The variant that this queue asks for, with its canonical options. */
  readonly variant: Variant;
  readonly config: InstanceConfig;
  /** Of one instance, over all GPUs. */
  readonly footprintBytes: number;
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
  /** It is about to leave the backend: what is in memory is still known by it, and nothing more is loaded or given to it. */
  readonly withheld?: boolean;
}

export interface ModelResolver {
  /** Grows whenever an answer of `resolve` may have changed. */
  readonly version: number;
  /** Null when that backend has no such model. */
  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null;
}
