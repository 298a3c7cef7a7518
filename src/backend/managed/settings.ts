/** What a managed Ollama is built from. */
import type { InstanceConfig } from '../../domain/model.ts';
import { MiB } from '../../domain/units.ts';
import type { CellBackendOptions } from '../cells/cell-backend.ts';
import { DEFAULT_DEADLINES, type Deadlines } from '../ollama/deadlines.ts';
import type { KnownFacts } from '../ollama/known-facts.ts';

export interface ManagedOllamaOptions extends CellBackendOptions {
  /** The `ollama` program: a path, or a name that is looked up on the PATH. */
  readonly binary: string;
  /** The model folder, as OLLAMA_MODELS names it. */
  readonly models: string;
  readonly defaults: ManagedDefaults;
  /** Cells without a model that stand ready, for each GPU. */
  readonly warmCells: number;
  /** On top of what each cell is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** What `env` and the search for the program are taken from: the PATH, the locale, proxies. */
  readonly surroundings: Readonly<Record<string, string | undefined>>;
  readonly deadlines?: Partial<Deadlines & ManagedDeadlines>;
  /** What is known of models by their digest already; default: nothing. */
  readonly known?: KnownFacts | undefined;
}

export interface ManagedDefaults {
  /** Tokens of one slot for requests that name none. Ours always do; it is the cell's own fallback. */
  readonly contextLength: number;
  /** How an instance is set up whose model says nothing else. */
  readonly instance: InstanceConfig;
  /** Loads under way at once. */
  readonly parallelLoads: number;
  /** Free memory that the engine leaves on each card when it fits layers by itself. */
  readonly fitTargetBytes: number;
  /** Host memory that one engine may take to keep prompts. */
  readonly promptCacheBytes: number;
}

export interface ManagedDeadlines {
  /** From the start of a cell to its first answer. Looking for GPUs may take 30 s for each of Ollama's libraries. */
  readonly cellReadyMs: number;
  /** For what a cell shows by that it is well: a survivor one generation, the library's its version. */
  readonly proofMs: number;
  /** For an engine that has a request, and neither answers nor uses the processor. */
  readonly hangMs: number;
}

export const MANAGED_DEADLINES: ManagedDeadlines = {
  cellReadyMs: 120_000,
  proofMs: 15_000,
  hangMs: 30_000,
};

/** For a load whose engine reads nothing, writes nothing and does nothing: as long as Ollama's own OLLAMA_LOAD_TIMEOUT. */
export const MANAGED_LOAD_STALL_MS = 5 * 60_000;

export function managedDeadlines({
  deadlines,
}: Pick<ManagedOllamaOptions, 'deadlines'>): Deadlines & ManagedDeadlines {
  return { ...DEFAULT_DEADLINES, loadStallMs: MANAGED_LOAD_STALL_MS, ...MANAGED_DEADLINES, ...deadlines };
}

/**
 * Host memory of a cell without its prompt cache: 44 MB for an idle server of v0.33, and room for the engine's own heap and its driver's
 * side of each context. The weights are mapped files, which the kernel drops when it needs the room.
 */
export const CELL_HOST_BYTES = 320 * MiB;

/** Slots of an instance where the configuration says `auto`: the number at which Ollama gains most of what it can by batching. */
export const AUTO_PARALLEL = 4;
