/** One `ollama serve` process of ours, and what stands in it. */
import type { Clock } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import type { CellRole } from '../../domain/cell.ts';
import { type CellId, stableId } from '../../domain/ids.ts';
import type { RunnerOptions } from '../../domain/model.ts';
import type { OllamaConnection } from '../ollama/connection.ts';
import type { HostMemory, ProcessIdentity, ProcessStat, SupervisedProcess } from '../supervisor/index.ts';
import type { CellPlan } from './cell-plan.ts';
import { HangWatch } from './hang-watch.ts';
import type { PrivateFolder } from './private-folder.ts';

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
  readonly clock: Clock;
  /** Takes work that nobody need wait for before the backend stops. */
  readonly leave: (work: Promise<unknown>) => void;
}

export class Cell {
  readonly id: CellId;
  readonly process: SupervisedProcess;
  readonly connection: OllamaConnection;
  readonly plan: CellPlan;
  readonly key: string;
  readonly folder: PrivateFolder | null;
  readonly hangWatch: HangWatch;
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
  /** It died, or its engine did: nobody told it to end. */
  isLost = false;
  residentBytes: number | null = null;
  restarts = 0;
  readonly #leave: CellParts['leave'];
  #ending: Promise<void> | undefined;

  constructor(parts: CellParts, role: CellRole) {
    this.id = cellId(parts.process.uuid);
    this.process = parts.process;
    this.connection = parts.connection;
    this.plan = parts.plan;
    this.key = parts.key;
    this.folder = parts.folder;
    this.hangWatch = new HangWatch(parts.clock);
    this.#leave = parts.leave;
    this.role = role;
  }

  get isServing(): boolean {
    return this.process.state === 'READY' && this.closedBecause === null;
  }

  /** It was told to end. */
  get isEnding(): boolean {
    return this.#ending !== undefined;
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
      shift: occupant.options.shift ?? null,
      sizeBytes: occupant.sizeBytes,
      vramBytes: occupant.vramBytes,
      expiresAt: null,
      parallel: plan.config.parallel,
      gpuKeys: plan.gpus.map(({ key }) => key),
      pids: [occupant.engine.pid],
    };
  }

  /** @param all the system's processes. */
  async measureHost(all: readonly ProcessStat[]): Promise<HostMemory> {
    const memory = await this.process.memory(all);
    this.residentBytes = memory.residentBytes || null;
    return memory;
  }

  /**
   * Ends the process and all its children. Resolves when none of them is left, so that their memory is free.
   * @param why one sentence, for people; the first reason that it was given to take no more requests stays
   * @throws ProcessStuckError; asked again, it waits again
   */
  async end(why: string): Promise<void> {
    this.closedBecause ??= why;
    this.#ending ??= this.#end().finally(() => {
      this.#ending = undefined;
    });
    await this.#ending;
  }

  async #end(): Promise<void> {
    const ended = this.process.end();
    // A load may wait for the memory, and need not for the disk. What cannot be removed now is at the next start.
    this.#leave(Promise.allSettled([ended, this.connection.close(), this.folder?.remove()]));
    await Promise.race([this.process.gone, ended]);
  }
}

/** By the uuid of its process, so that a log can still be asked for when the cell is gone. */
export function cellId(uuid: string): CellId {
  return stableId('cel', uuid);
}
