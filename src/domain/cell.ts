/** The server processes of managed backends, as they are and as they come and go. */
import type { CellId } from './ids.ts';

export type CellStatus = 'STARTING' | 'READY' | 'STOPPING' | 'EXITED';

/** `instance` holds a model, `warm` stands ready without one, `library` serves the model library. */
export type CellRole = 'instance' | 'warm' | 'library';

/** One server process of a managed backend. */
export interface CellState {
  readonly id: CellId;
  readonly status: CellStatus;
  readonly role: CellRole;
  /** Canonical; null without a model. */
  readonly modelName: string | null;
  readonly pid: number;
  readonly port: number | null;
  readonly gpuKeys: readonly string[];
  /** Of the process and its children, in host memory; null where it cannot be read. */
  readonly residentBytes: number | null;
  /** How often its place has been taken by a new process after a death. */
  readonly restarts: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds at which its end was noticed; null while it lives. */
  readonly endedAt: number | null;
  /** Why it ended; null while it lives. */
  readonly exitReason: string | null;
}

/** Told once for each start and each end. */
export interface CellEvent {
  readonly kind: /** A process was started, or one of an earlier server taken over. */
    | 'start'
    /** It was told to end, and has. */
    | 'end'
    /** It, or the engine in it, ended without having been told to. */
    | 'death';
  /** Epoch milliseconds. */
  readonly at: number;
  /** As it was then. */
  readonly cell: CellState;
  /** One or more sentences. Of a death: the exit code or signal, and the last line that it wrote. */
  readonly reason: string;
}

/** How loads found their processes. */
export interface CellStatistics {
  /** A process was started for them. */
  readonly coldStarts: number;
  /** One that stood ready was taken. */
  readonly warmStarts: number;
}
