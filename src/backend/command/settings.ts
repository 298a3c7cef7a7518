/** What a backend of commands is built from. */
import type { CommandModelConfig } from '../../config/config.ts';
import { MiB } from '../../domain/units.ts';
import type { CellBackendOptions } from '../cells/cell-backend.ts';
import { DEFAULT_DEADLINES, type Deadlines } from '../ollama/deadlines.ts';

export interface CommandBackendOptions extends CellBackendOptions {
  readonly models: Readonly<Record<string, CommandModelConfig>>;
  /** Loads under way at once. */
  readonly parallelLoads: number;
  /** For each process, on top of what it takes from the surroundings. */
  readonly env: Readonly<Record<string, string>>;
  readonly surroundings: Readonly<Record<string, string | undefined>>;
  /** What processes take of GPUs together, by the driver's count; null where nobody sees it. Never rejects. */
  readonly memoryOf: (pids: ReadonlySet<number>) => Promise<number | null>;
  readonly deadlines?: Partial<Deadlines & CommandDeadlines>;
}

export interface CommandDeadlines {
  /** For what a survivor shows by that it is well. */
  readonly proofMs: number;
  /** For a server that has a request, and neither answers nor uses the processor. */
  readonly hangMs: number;
  /** For a model that was told to sleep, until its server says that it does. */
  readonly sleepMs: number;
}

export function commandDeadlines({
  deadlines,
}: Pick<CommandBackendOptions, 'deadlines'>): Deadlines & CommandDeadlines {
  return {
    ...DEFAULT_DEADLINES,
    loadStallMs: 5 * 60_000,
    proofMs: 15_000,
    hangMs: 60_000,
    sleepMs: 2 * 60_000,
    ...deadlines,
  };
}

/** Host memory of a server beside its weights, which are mapped files for most: an interpreter, a driver's side, buffers. */
export const SERVER_HOST_BYTES = 512 * MiB;

/** Slots where neither the configuration nor the command says. */
export const USUAL_SLOTS = 4;
