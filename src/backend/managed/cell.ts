/** One `ollama serve` process of ours, and what stands in it. */
import type { CellState, CellStatus, Resident } from '../../domain/backend.ts';
import { type CellId, stableId } from '../../domain/ids.ts';
import type { RunnerOptions } from '../../domain/model.ts';
import type { OllamaConnection } from '../ollama/connection.ts';
import type { HostMemory, ProcessIdentity, ProcessState, SupervisedProcess } from '../supervisor/index.ts';
import type { CellPlan } from './cell-plan.ts';
import type { PrivateFolder } from './private-folder.ts';

const STATUS = {
  STARTING: 'STARTING',
  READY: 'READY',
  STOPPING: 'STOPPING',
  SWEEPING: 'STOPPING',
  EXITED: 'EXITED',
} as const satisfies Record<ProcessState, CellStatus>;

export type CellRole = 'instance' | 'warm' | 'library';

/** What a cell holds, once it is loaded. */
export interface Occupant {
  /** The name that loaded it. Others can be called when the folder has them too. */
  readonly modelName: string;
  readonly weights: string;
  readonly weightFiles: string;
  readonly digest: string;
  readonly contextLength: number;
  /** In every request, so that none makes the cell reload. */
  readonly options: RunnerOptions;
  readonly embedding: boolean;
  readonly engine: ProcessIdentity;
  readonly sizeBytes: number;
  readonly vramBytes: number;
}

export interface CellParts {
  readonly process: SupervisedProcess;
  readonly connection: OllamaConnection;
  readonly plan: CellPlan;
  readonly key: string;
  /** Null for the library's, which works on the user's folder. */
  readonly folder: PrivateFolder | null;
}

export class Cell {
  readonly id: CellId;
  readonly process: SupervisedProcess;
  readonly connection: OllamaConnection;
  readonly plan: CellPlan;
  readonly key: string;
  readonly folder: PrivateFolder | null;
  role: CellRole;
  /** Of what it loads or holds; null without a model. */
  modelName: string | null = null;
  occupant: Occupant | null = null;
  /** Models in its folder, by name. */
  readonly names = new Set<string>();
  /** Requests under way. */
  runs = 0;
  /** Why it takes no more requests: its engine died, or its model was replaced. Null while it does. */
  closedBecause: string | null = null;
  residentBytes: number | null = null;
  restarts = 0;
  #ending: Promise<void> | undefined;

  constructor(parts: CellParts, role: CellRole) {
    this.id = cellId(parts.process.uuid);
    this.process = parts.process;
    this.connection = parts.connection;
    this.plan = parts.plan;
    this.key = parts.key;
    this.folder = parts.folder;
    this.role = role;
  }

  get isServing(): boolean {
    return this.process.state === 'READY' && this.closedBecause === null;
  }

  get status(): CellStatus {
    return this.#ending && this.process.state === 'READY' ? 'STOPPING' : STATUS[this.process.state];
  }

  get state(): CellState {
    return {
      id: this.id,
      status: this.status,
      role: this.role,
      modelName: this.modelName,
      pid: this.process.pid,
      port: this.process.port,
      gpuKeys: this.plan.gpus.map(({ key }) => key),
      residentBytes: this.residentBytes,
      restarts: this.restarts,
      startedAt: this.process.startedAt,
      exitReason: this.process.exit?.why ?? null,
    };
  }

  /** Null while it holds nothing that can be used. */
  get resident(): Resident | null {
    const { occupant, plan } = this;
    if (!occupant || !this.isServing) return null;
    return {
      modelName: occupant.modelName,
      digest: occupant.digest,
      weights: occupant.weights,
      contextLength: occupant.contextLength,
      sizeBytes: occupant.sizeBytes,
      vramBytes: occupant.vramBytes,
      expiresAt: null,
      parallel: plan.config.parallel,
      gpuKeys: plan.gpus.map(({ key }) => key),
      pids: [occupant.engine.pid],
    };
  }

  async measureHost(): Promise<HostMemory> {
    const memory = await this.process.memory();
    this.residentBytes = memory.residentBytes || null;
    return memory;
  }

  /**
   * Ends the process and all its children. Resolves when nothing of it is left, so that its memory is free.
   * @throws ProcessStuckError; asked again, it waits again
   */
  async end(): Promise<void> {
    this.closedBecause ??= 'It was told to end.';
    this.#ending ??= this.#end().finally(() => {
      this.#ending = undefined;
    });
    await this.#ending;
  }

  async #end(): Promise<void> {
    await this.process.end();
    await this.connection.close();
    await this.folder?.remove();
  }
}

/** By the uuid of its process, so that a log can still be asked for when the cell is gone. */
export function cellId(uuid: string): CellId {
  return stableId('cel', uuid);
}
