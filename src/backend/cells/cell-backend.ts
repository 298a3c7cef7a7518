/** What every backend does whose server processes are ours, whatever is in them: loading is starting one, unloading is ending it. */
import { join } from 'node:path';
import type { Clock, Random } from '../../clock.ts';
import type {
  Backend,
  BackendCapabilities,
  BackendChange,
  BackendReading,
  HostReading,
  InstanceHandle,
  LoadSpec,
  ModelLibrary,
  Resident,
} from '../../domain/backend.ts';
import type { CellEvent, CellState, CellStatistics } from '../../domain/cell.ts';
import { messageOf } from '../../domain/errors.ts';
import { type BackendId, type CellId, stableId } from '../../domain/ids.ts';
import type { Variant } from '../../domain/model.ts';
import type { ModelNameRule } from '../../domain/model-names.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { listStats, type ProcessStat, readHostRoom, Supervisor } from '../supervisor/index.ts';
import { type Adopter, adoptSurvivors, type Recorded } from './adopt-survivors.ts';
import type { Cell, Occupant } from './cell.ts';
import { CellChronicle } from './cell-chronicle.ts';
import { CellInstance, type InstanceKeeper, VanishedInstance } from './cell-instance.ts';
import { SERVER_STOPS, unusable } from './failures.ts';
import { ModelCells } from './model-cells.ts';

export interface CellBackendOptions {
  readonly name: string;
  /** Of the server. Each backend keeps its records, logs and other files in a folder of its own there. */
  readonly dataDir: string;
  /** Leave what is loaded running at `stop`, for the next server to find. */
  readonly keep: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is a cell's own to say. */
export interface CellKind {
  /** For an engine that has a request, and neither answers nor uses the processor. */
  readonly hangMs: number;
  /** For what a survivor shows by that it is well. */
  readonly proofMs: number;
  readonly loadStallMs: number;
  /** Whether what a process wrote may be repeated to those who may not read its log. */
  readonly quotes: boolean;
}

export abstract class CellBackend<C extends Cell, Note extends Recorded> implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly mode = 'MANAGED';
  abstract readonly url: string;
  abstract readonly capabilities: BackendCapabilities;
  abstract readonly names: ModelNameRule;
  abstract readonly library: ModelLibrary;
  protected readonly folder: string;
  protected readonly supervisor: Supervisor;
  protected readonly chronicle: CellChronicle;
  /** Those that load or hold a model. */
  protected readonly held: ModelCells<C>;
  protected readonly stopped = new AbortController();
  protected coldStarts = 0;
  protected warmStarts = 0;
  readonly #options: CellBackendOptions;
  readonly #kind: CellKind;
  readonly #keeper: InstanceKeeper<C>;
  readonly #listeners = new Set<(what: BackendChange) => void>();
  readonly #loads = new Set<Promise<unknown>>();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws SupervisionUnsupportedError on anything but Linux */
  constructor(options: CellBackendOptions, kind: CellKind) {
    const { name, clock, random, logger } = options;
    this.#options = options;
    this.#kind = kind;
    this.id = stableId('bkd', name);
    this.name = name;
    // The id and not the name, which may be a word that means something in a path.
    this.folder = join(options.dataDir, 'managed', this.id);
    this.supervisor = new Supervisor({ dataDir: this.folder, clock, random, logger });
    this.chronicle = new CellChronicle({ clock, quotes: kind.quotes });
    const changed = (what: BackendChange) => this.changed(what);
    this.held = new ModelCells({ name, clock, logger, changed, hangMs: kind.hangMs });
    this.#keeper = {
      clock,
      introduce: (cell, modelName, signal) => this.introduce(cell, modelName, signal),
      answer: (...of) => this.answer(...of),
      lost: (cell, why) => this.held.lost(cell, why),
      end: (cell, why) => this.unload(cell, why),
      idle: (cell) => this.held.endIfRetired(cell),
    };
  }

  protected abstract readonly adopter: Adopter<C, Note>;
  protected abstract introduce(cell: C, modelName: string, signal: AbortSignal): Promise<void>;
  protected abstract answer(
    ...of: Parameters<InstanceKeeper<C>['answer']>
  ): ReturnType<InstanceKeeper<C>['answer']>;
  /** The cell with the model in it. Whatever it throws, nothing is left of the load. @throws BackendError, or the signal's reason */
  protected abstract loadCell(spec: LoadSpec, signal: AbortSignal, progress: () => void): Promise<C>;
  /** Cells that hold no model. */
  protected abstract get others(): readonly C[];
  protected abstract endOthers(): Promise<void>;
  /** What version its servers have. @throws BackendError that says why none could be started */
  protected abstract version(signal: AbortSignal): Promise<string>;
  /** Removes what ended cells have left on the disk. */
  protected async tidy(_living: readonly C[]): Promise<void> {}
  /** Resolves when what was left to be done is done. */
  protected abstract settled(): Promise<void>;

  /** What was really loaded for it. */
  protected loadedAs(variant: Variant, { contextLength }: Occupant): Variant {
    return { ...variant, contextLength };
  }

  /** What an unload does. Resolves when its memory is free. @throws ProcessStuckError */
  protected async unload(cell: C, why: string): Promise<void> {
    await this.held.end(cell, why);
  }

  get cellStatistics(): CellStatistics {
    return { coldStarts: this.coldStarts, warmStarts: this.warmStarts };
  }

  /** Finds what an earlier server left. A program or folder that is missing is told by `inspect`: it may come later. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async inspect(signal: AbortSignal): Promise<BackendReading> {
    this.stopped.signal.throwIfAborted();
    this.held.lookAtEngines();
    const version = await this.version(signal);
    const all = listStats();
    const host = await this.#readHost(all);
    const ownPids = [...this.held, ...this.others].flatMap((cell) => cell.process.memberPids(all));
    return { version, residents: this.held.residents(), host, ownPids };
  }

  async load(spec: LoadSpec, signal: AbortSignal, progress = () => {}): Promise<InstanceHandle> {
    this.stopped.signal.throwIfAborted();
    const loaded = this.#load(spec, AbortSignal.any([signal, this.stopped.signal]), progress);
    this.#loads.add(loaded);
    try {
      return await loaded;
    } finally {
      this.#loads.delete(loaded);
    }
  }

  adopt(resident: Resident, spec: LoadSpec): InstanceHandle {
    const cells = [...this.held].filter((cell) => holds(cell, resident, spec));
    const cell = cells.find((each) => each.isServing) ?? cells[0];
    const handle = cell && this.#handle(cell, spec);
    return handle ?? new VanishedInstance(spec.variant, () => this.#endFailed(spec));
  }

  onChange(listener: (what: BackendChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  cells(): readonly CellState[] {
    return this.chronicle.states;
  }

  onCell(listener: (event: CellEvent) => void): () => void {
    return this.chronicle.onEvent(listener);
  }

  async cellLog(id: CellId, lines: number): Promise<readonly string[] | null> {
    const uuid = this.chronicle.uuidOf(id);
    return uuid === null ? null : this.supervisor.tail(uuid, lines);
  }

  loadPatienceMs(): number {
    return this.#kind.loadStallMs;
  }

  protected changed(what: BackendChange): void {
    for (const listener of this.#listeners) listener(what);
  }

  async #start(): Promise<void> {
    const { clock, logger } = this.#options;
    this.supervisor.onChange((process) => {
      this.chronicle.saw(process);
      this.changed('cells');
    });
    try {
      const adopted = await adoptSurvivors({
        supervisor: this.supervisor,
        adopter: this.adopter,
        clock,
        logger,
        proofMs: this.#kind.proofMs,
        ended: (survivor, why) => this.chronicle.foundAndEnded(survivor, why),
      });
      for (const cell of adopted) this.held.add(cell);
      await this.tidy(adopted);
    } catch (error) {
      logger.error(`What an earlier server left running cannot be looked for: ${messageOf(error)}`);
    }
    if (!this.stopped.signal.aborted) this.held.watch();
  }

  async #stop(): Promise<void> {
    this.stopped.abort(unusable('The backend was stopped.'));
    await this.#starting;
    this.held.unwatch();
    await Promise.allSettled(this.#loads);
    await this.endOthers();
    const { keep } = this.#options;
    if (keep) for (const cell of this.held) if (!cell.resident) await cell.end(SERVER_STOPS);
    if (!keep) await Promise.allSettled([...this.held].map((cell) => this.held.end(cell, SERVER_STOPS)));
    await Promise.allSettled([...this.held].map((cell) => cell.disconnect()));
    await this.settled();
    await this.supervisor.stop({ keep });
    this.#listeners.clear();
  }

  async #load(spec: LoadSpec, signal: AbortSignal, progress: () => void): Promise<InstanceHandle> {
    const cell = await this.loadCell(spec, signal, progress);
    this.changed('cells');
    const { occupant } = cell;
    if (!occupant) throw new Error('A cell was loaded with nothing.');
    return this.#handle(cell, spec) ?? new VanishedInstance(spec.variant, async () => {});
  }

  /** As it was really loaded. */
  #handle(cell: C, { variant }: LoadSpec): InstanceHandle | null {
    const { occupant } = cell;
    if (!occupant) return null;
    return new CellInstance(cell, occupant, this.loadedAs(variant, occupant), this.#keeper);
  }

  /** What a failed load may have left: a process that would not end then. */
  async #endFailed({ variant }: LoadSpec): Promise<void> {
    const left = [...this.held].filter(
      (cell) => !cell.occupant && cell.closedBecause !== null && cell.modelName === variant.modelName,
    );
    await Promise.all(left.map((cell) => this.held.end(cell, cell.closedBecause ?? 'Its load failed.')));
  }

  async #readHost(all: readonly ProcessStat[]): Promise<HostReading | null> {
    const [room, held] = await Promise.all([
      readHostRoom(),
      Promise.all([...this.held].map((cell) => cell.measureHost(all))),
      Promise.all(this.others.map((cell) => cell.measureHost(all))),
    ]);
    return room && { ...room, heldBytes: held.reduce((sum, memory) => sum + memory.anonymousBytes, 0) };
  }
}

/** By weights and not by name: between two readings a name may have got other ones. */
function holds(cell: Cell, resident: Resident, spec: LoadSpec): boolean {
  const { occupant } = cell;
  if (occupant?.weights !== spec.variant.weights) return false;
  if (resident.shift !== undefined && resident.shift !== (occupant.options.shift ?? null)) return false;
  return resident.contextLength === null || resident.contextLength === occupant.contextLength;
}
