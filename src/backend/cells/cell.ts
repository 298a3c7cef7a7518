/** One server process of ours, and what stands in it. */
import type { Clock } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import type { CellRole } from '../../domain/cell.ts';
import { type CellId, stableId } from '../../domain/ids.ts';
import type { RunnerOptions } from '../../domain/model.ts';
import type { HostMemory, ProcessIdentity, ProcessStat, SupervisedProcess } from '../supervisor/index.ts';
import type { CellPlan } from './cell-plan.ts';
import { livingEngine } from './engine.ts';
import { HangWatch } from './hang-watch.ts';

/** What a cell holds, once it is loaded. */
export interface Occupant {
  /** The name that loaded it. */
  readonly modelName: string;
  readonly weights: string;
  readonly digest: string;
  /** Tokens of one slot. */
  readonly contextLength: number;
  readonly options: RunnerOptions;
  readonly embedding: boolean;
  /** The process by whose life it is there. */
  readonly engine: ProcessIdentity;
  readonly sizeBytes: number;
  readonly vramBytes: number;
  /** Its bytes are what was expected: nobody sees what it takes. Absent: they were measured. */
  readonly isExpected?: boolean | undefined;
}

export interface CellParts {
  readonly process: SupervisedProcess;
  readonly plan: CellPlan;
  readonly key: string;
  readonly clock: Clock;
  /** Takes work that nobody need wait for before the backend stops. */
  readonly leave: (work: Promise<unknown>) => void;
}

/** @typeParam Held what a kind of cell has to know of what it holds */
export abstract class Cell<Held extends Occupant = Occupant> {
  readonly id: CellId;
  readonly process: SupervisedProcess;
  readonly plan: CellPlan;
  readonly key: string;
  readonly hangWatch: HangWatch;
  role: CellRole;
  /** Of what it loads or holds; null without a model. */
  modelName: string | null = null;
  occupant: Held | null = null;
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
    this.plan = parts.plan;
    this.key = parts.key;
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
      pids: this.holders,
    };
  }

  /** The processes that hold what is loaded. */
  get holders(): readonly number[] {
    return this.occupant ? [this.occupant.engine.pid] : [];
  }

  /** Processor time that what is loaded has taken so far; null when it is not alive. */
  get cpuTicks(): number | null {
    return (this.occupant && livingEngine(this.occupant.engine)?.cpuTicks) ?? null;
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

  /** Ends what leads to it; it goes on living. */
  abstract disconnect(): Promise<void>;

  /** Lets go of what it had on the disk. */
  protected abstract tidy(): Promise<void>;

  async #end(): Promise<void> {
    const ended = this.process.end();
    // A load may wait for the memory, and need not for the disk. What cannot be removed now is at the next start.
    this.#leave(Promise.allSettled([ended, this.disconnect(), this.tidy()]));
    await Promise.race([this.process.gone, ended]);
  }
}

/** By the uuid of its process, so that a log can still be asked for when the cell is gone. */
export function cellId(uuid: string): CellId {
  return stableId('cel', uuid);
}
