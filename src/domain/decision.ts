/** What the scheduler decided, what became of server processes, and why a job waits: each with its reason. */
import type { BackendId, CellId, GpuId, InstanceId, JobId } from './ids.ts';

export type DecisionKind =
  | 'ADMISSION_REFUSED'
  | 'CELL_DEATH'
  | 'CELL_END'
  | 'CELL_START'
  | 'DISPATCH'
  | 'DRAIN'
  | 'LOAD'
  | 'UNLOAD'
  | 'WAIT';

export interface Decision {
  /** From 1 since the start, in order, without a gap. */
  readonly sequence: number;
  /** How many of the decisions up to this one, itself included, are no dispatches: dispatches are forgotten sooner, and so what a reader missed can be told. */
  readonly othersUpTo: number;
  readonly at: number;
  readonly kind: DecisionKind;
  readonly backendId: BackendId | null;
  readonly jobId: JobId | null;
  readonly cellId: CellId | null;
  readonly modelName: string | null;
  /** The instance that it is about; null when it is about none. */
  readonly instanceId: InstanceId | null;
  /** The GPU that it is about; null when it is about none, or several. */
  readonly gpuId: GpuId | null;
  /** What it moves or needs; null where no memory is meant. */
  readonly bytes: number | null;
  /** Of what makes room: the model that it is for. */
  readonly inFavourOf: string | null;
  /** How many jobs are handed out by it. */
  readonly jobCount: number;
  /** One sentence with the numbers. */
  readonly explanation: string;
}

/** How many are kept of dispatches, and of all others, in memory and in the store. */
export const MOST_DECISIONS = { dispatches: 2_000, others: 8_000 } as const;

export type DecisionLane = keyof typeof MOST_DECISIONS;

export function laneOf({ kind }: Pick<Decision, 'kind'>): DecisionLane {
  return kind === 'DISPATCH' ? 'dispatches' : 'others';
}

/** A decision before it has its place. */
export type NewDecision = Omit<Decision, 'sequence' | 'othersUpTo'>;

/** The newest decisions, and those to come. */
export interface DecisionSource {
  /** The newest last; bounded, so old ones are gone. */
  all(): readonly Decision[];
  /** How many there have been, and how many of them are no dispatches. */
  readonly end: DecisionPlace;
  /** Calls back after each decision. Returns a function that ends it. */
  onAdded(listener: (decision: Decision) => void): () => void;
}

/** A place between decisions: after so many. */
export interface DecisionPlace {
  readonly sequence: number;
  readonly othersUpTo: number;
}

export type WaitReason =
  | 'BACKEND_DOWN'
  | 'CLIENT_LIMIT'
  | 'LOADING'
  | 'MODEL_UNAVAILABLE'
  | 'QUEUE_ORDER'
  | 'RETRY_DELAY'
  | 'SCHEDULER_PAUSED'
  | 'SWAP_NOT_WORTH'
  | 'VRAM';

export interface JobWaiting {
  readonly reason: WaitReason;
  readonly explanation: string;
  /** Epoch milliseconds; null where there is no honest estimate. */
  readonly expectedStart: number | null;
  readonly expectedEnd: number | null;
}
