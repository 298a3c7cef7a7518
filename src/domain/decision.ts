/** What the scheduler decided, what became of server processes, and why a job waits: each with its reason. */
import type { BackendId, CellId, JobId } from './ids.ts';

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
  /** From 1, in order. */
  readonly sequence: number;
  readonly at: number;
  readonly kind: DecisionKind;
  readonly backendId: BackendId | null;
  readonly jobId: JobId | null;
  readonly cellId: CellId | null;
  readonly modelName: string | null;
  /** One sentence with the numbers. */
  readonly explanation: string;
}

export type WaitReason =
  | 'BACKEND_DOWN'
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
