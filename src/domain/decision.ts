/** What the scheduler decided, what became of server processes, and why a job waits: each with its reason. */
import type { BackendId, CellId, GpuId, InstanceId, JobId } from './ids.ts';

/** New ones are added at the end: cursors count them in this order. */
export const DECISION_KINDS = [
  'ADMISSION_REFUSED',
  'CELL_DEATH',
  'CELL_END',
  'CELL_START',
  'DISPATCH',
  'DRAIN',
  'LOAD',
  'UNLOAD',
  'WAIT',
  'FALLBACK',
] as const;

export type DecisionKind = (typeof DECISION_KINDS)[number];

export interface Decision {
  /** From 1 in this data directory, in order, without a gap. */
  readonly sequence: number;
  /** How many of its kind there have been up to this one, itself included: so what a reader missed can be told, though one kind is forgotten sooner than another. */
  readonly ofKind: number;
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
export type NewDecision = Omit<Decision, 'sequence' | 'ofKind'>;

/** How many of each kind. */
export type DecisionCounts = Readonly<Record<DecisionKind, number>>;

/** A place between decisions: after so many, and so many of each kind. */
export interface DecisionPlace {
  readonly sequence: number;
  readonly counts: DecisionCounts;
}

export const NO_DECISIONS: DecisionPlace = {
  sequence: 0,
  counts: Object.fromEntries(DECISION_KINDS.map((kind) => [kind, 0])) as Record<DecisionKind, number>,
};

/** The newest decisions, and those to come. */
export interface DecisionSource {
  /** The newest last; bounded, so old ones are gone. */
  all(): readonly Decision[];
  /** The oldest of those that are kept and came after `sequence`, at most `limit`. */
  after(sequence: number, limit: number): readonly Decision[];
  /** Behind the newest. */
  readonly end: DecisionPlace;
  /** The sequence of the newest that is on disk: what a follower is told is never told otherwise after a crash. */
  readonly written: number;
  /** Calls back after each decision. Returns a function that ends it. */
  onAdded(listener: (decision: Decision) => void): () => void;
  /** Calls back once, when `written` has grown. Returns a function that takes it back. */
  onNextWritten(wake: () => void): () => void;
}

export interface KeptDecisions {
  /** The newest last. */
  readonly decisions: readonly Decision[];
  readonly end: DecisionPlace;
}

/** What a recorder takes down, and tells what became of it. */
export interface DecisionJournal extends DecisionSource {
  /** Takes up those of earlier lives, before any of this one. */
  restore(kept: KeptDecisions): void;
  /** All up to this one are on disk. */
  wrote(sequence: number): void;
}

export interface DecisionStore {
  /** All or none; what is more than may be kept of a lane, or too old, is forgotten. */
  keep(kept: KeptDecisions): Promise<void>;
  recall(): Promise<KeptDecisions>;
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
