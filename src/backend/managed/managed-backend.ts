/** Ollama with a server process for every resident model: loading is starting one, unloading is ending it. */
import { join } from 'node:path';
import type {
  Backend,
  BackendCapabilities,
  BackendChange,
  BackendReading,
  HostReading,
  InstanceHandle,
  LoadSpec,
  Resident,
} from '../../domain/backend.ts';
import type { CellEvent, CellState, CellStatistics } from '../../domain/cell.ts';
import { messageOf, NotSentError } from '../../domain/errors.ts';
import { type BackendId, type CellId, stableId } from '../../domain/ids.ts';
import { ollamaNames } from '../ollama/model-names.ts';
import { listStats, type ProcessStat, readHostRoom, Supervisor } from '../supervisor/index.ts';
import { adoptSurvivors, removeOldFolders } from './adopt-survivors.ts';
import { managedOllama } from './capabilities.ts';
import type { Cell, Occupant } from './cell.ts';
import { CellChronicle } from './cell-chronicle.ts';
import { logsPrompts, planOf } from './cell-plan.ts';
import { CellStarter } from './cell-starter.ts';
import { SERVER_STOPS, unusable } from './failures.ts';
import { loadInto } from './load.ts';
import { watchLoad } from './load-signs.ts';
import { type InstanceKeeper, ManagedInstance, VanishedInstance } from './managed-instance.ts';
import { ManagedLibrary } from './managed-library.ts';
import { readManifest, requireModelFolder, weightFiles } from './manifest.ts';
import { ModelCells } from './model-cells.ts';
import type { LoadedNote } from './note.ts';
import { CELL_HOST_BYTES, type ManagedOllamaOptions } from './settings.ts';
import { WarmCells } from './warm-cells.ts';

/** @throws SupervisionUnsupportedError on anything but Linux */
export function createManagedOllamaBackend(options: ManagedOllamaOptions): ManagedOllama {
  return new ManagedOllama(options);
}

export class ManagedOllama implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly mode = 'MANAGED';
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  readonly names = ollamaNames;
  readonly library: ManagedLibrary;
  readonly #options: ManagedOllamaOptions;
  readonly #folder: string;
  readonly #supervisor: Supervisor;
  readonly #starter: CellStarter;
  readonly #cells: ModelCells;
  readonly #warm: WarmCells;
  readonly #keeper: InstanceKeeper;
  readonly #chronicle: CellChronicle;
  readonly #listeners = new Set<(what: BackendChange) => void>();
  readonly #stopped = new AbortController();
  readonly #loads = new Set<Promise<unknown>>();
  #coldStarts = 0;
  #warmStarts = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ManagedOllamaOptions) {
    const { name, clock, random, logger, defaults } = options;
    this.#options = options;
    this.id = stableId('bkd', name);
    this.name = name;
    this.url = options.binary;
    this.capabilities = managedOllama({
      loadChannels: defaults.parallelLoads,
      hostBytesPerInstance: CELL_HOST_BYTES + defaults.promptCacheBytes,
    });
    // The id and not the name, which may be a word that means something in a path.
    this.#folder = join(options.dataDir, 'managed', this.id);
    this.#supervisor = new Supervisor({ dataDir: this.#folder, clock, random, logger });
    this.#chronicle = new CellChronicle({ clock, quotes: !logsPrompts(options.env) });
    this.#starter = new CellStarter({
      options,
      supervisor: this.#supervisor,
      folder: this.#folder,
      made: (cell) => this.#chronicle.became(cell),
    });
    const changed = (what: BackendChange) => this.#changed(what);
    this.#cells = new ModelCells({ options, changed, hangMs: this.#starter.deadlines.hangMs });
    this.library = new ManagedLibrary({
      options,
      starter: this.#starter,
      listed: (models) => this.#cells.follow(models),
      changed: () => changed('service'),
    });
    this.#warm = new WarmCells({
      starter: this.#starter,
      perPlace: options.warmCells,
      clock,
      logger,
      changed: () => changed('cells'),
    });
    this.#keeper = {
      clock,
      // A request broken off in mid-stream frees its slot in a cell of its own just as well.
      drain: { tokens: 8, ms: this.#starter.deadlines.drainMs },
      addName: (cell, modelName, signal) => this.#addName(cell, modelName, signal),
      lost: (cell, why) => this.#cells.lost(cell, why),
      end: (cell, why) => this.#cells.end(cell, why),
      idle: (cell) => this.#cells.endIfRetired(cell),
    };
  }

  get cellStatistics(): CellStatistics {
    return { coldStarts: this.#coldStarts, warmStarts: this.#warmStarts };
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
    this.#stopped.signal.throwIfAborted();
    this.#cells.lookAtEngines();
    let { version } = this.library;
    try {
      version = await this.library.ready(signal);
    } catch (error) {
      // What is in memory goes on without it; that it cannot be listed is told by the list of models.
      if (this.#cells.residents().length === 0 || signal.aborted) throw error;
    }
    const all = listStats();
    const host = await this.#readHost(all);
    const ownPids = this.#living().flatMap((cell) => cell.process.memberPids(all));
    return { version: version ?? 'unknown', residents: this.#cells.residents(), host, ownPids };
  }

  async load(spec: LoadSpec, signal: AbortSignal, progress = () => {}): Promise<InstanceHandle> {
    this.#stopped.signal.throwIfAborted();
    const loaded = this.#load(spec, AbortSignal.any([signal, this.#stopped.signal]), progress);
    this.#loads.add(loaded);
    try {
      return await loaded;
    } finally {
      this.#loads.delete(loaded);
    }
  }

  adopt(resident: Resident, spec: LoadSpec): InstanceHandle {
    const cells = [...this.#cells].filter((cell) => holds(cell, resident, spec));
    const cell = cells.find((each) => each.isServing) ?? cells[0];
    const occupant = cell?.occupant;
    if (!cell || !occupant) return new VanishedInstance(spec.variant, () => this.#endFailed(spec));
    const { contextLength } = occupant;
    return new ManagedInstance(cell, occupant, { ...spec.variant, contextLength }, this.#keeper);
  }

  onChange(listener: (what: BackendChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  cells(): readonly CellState[] {
    return this.#chronicle.states;
  }

  onCell(listener: (event: CellEvent) => void): () => void {
    return this.#chronicle.onEvent(listener);
  }

  async cellLog(id: CellId, lines: number): Promise<readonly string[] | null> {
    const uuid = this.#chronicle.uuidOf(id);
    return uuid === null ? null : this.#supervisor.tail(uuid, lines);
  }

  standReady(gpus: LoadSpec['gpus']): void {
    if (this.#stopped.signal.aborted) return;
    const config = this.#options.defaults.instance;
    for (const cards of gpus.length === 0 ? [[]] : gpus.map((gpu) => [gpu])) {
      const plan = { gpus: cards, config };
      this.#warm.fillFirst(plan, () => this.#starter.keyOf(plan));
    }
  }

  #living(): readonly Cell[] {
    const library = this.library.cell;
    return [...this.#cells, ...this.#warm.cells, ...(library ? [library] : [])];
  }

  /** Resolves when the cells that are to stand ready do. */
  warmed(): Promise<void> {
    return this.#warm.settled();
  }

  async #start(): Promise<void> {
    const { logger } = this.#options;
    this.#supervisor.onChange((process) => {
      this.#chronicle.saw(process);
      this.#changed('cells');
    });
    try {
      const adopted = await adoptSurvivors({
        supervisor: this.#supervisor,
        starter: this.#starter,
        clock: this.#options.clock,
        logger,
        ended: (survivor, why) => this.#chronicle.foundAndEnded(survivor, why),
      });
      for (const cell of adopted) this.#cells.add(cell);
      await removeOldFolders(this.#folder, adopted);
    } catch (error) {
      logger.error(`What an earlier server left running cannot be looked for: ${messageOf(error)}`);
    }
    if (!this.#stopped.signal.aborted) this.#cells.watch();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort(unusable('The backend was stopped.'));
    await this.#starting;
    this.#cells.unwatch();
    await Promise.allSettled(this.#loads);
    await Promise.all([this.library.stop(), this.#warm.stop()]);
    const { keep } = this.#options;
    if (keep) for (const cell of this.#cells) if (!cell.resident) await cell.end(SERVER_STOPS);
    if (!keep) await Promise.allSettled([...this.#cells].map((cell) => this.#cells.end(cell, SERVER_STOPS)));
    await Promise.allSettled([...this.#cells].map((cell) => cell.connection.close()));
    await this.#starter.settled();
    await this.#supervisor.stop({ keep });
    this.#listeners.clear();
  }

  loadPatienceMs(): number {
    return this.#starter.deadlines.loadStallMs;
  }

  async #load(spec: LoadSpec, signal: AbortSignal, progress: () => void): Promise<InstanceHandle> {
    const { clock } = this.#options;
    const models = await requireModelFolder(this.#options.models);
    const manifest = await readManifest(models, spec.variant.modelName, clock, signal);
    const cell = await this.#emptyCell(spec, signal);
    progress();
    using _watch = watchLoad(cell, clock, progress);
    try {
      cell.modelName = spec.variant.modelName;
      this.#cells.add(cell);
      await cell.folder?.add(models, manifest);
      cell.names.add(ollamaNames.canonical(spec.variant.modelName));
      const occupant = await loadInto(cell, spec, manifest, clock, signal);
      await cell.process.setNote(noteOf(cell, occupant));
      signal.throwIfAborted();
      cell.occupant = occupant;
      this.#changed('cells');
      return new ManagedInstance(cell, occupant, spec.variant, this.#keeper);
    } catch (error) {
      // Its memory is free before anybody hears of the failure.
      const why = `Its load failed: ${firstLine(messageOf(signal.aborted ? signal.reason : error))}`;
      await this.#cells
        .end(cell, why)
        .catch((stuck: unknown) => this.#options.logger.error(messageOf(stuck)));
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** What a failed load may have left: a process that would not end then. */
  async #endFailed({ variant }: LoadSpec): Promise<void> {
    const left = [...this.#cells].filter(
      (cell) => !cell.occupant && cell.closedBecause !== null && cell.modelName === variant.modelName,
    );
    await Promise.all(left.map((cell) => this.#cells.end(cell, cell.closedBecause ?? 'Its load failed.')));
  }

  async #emptyCell(spec: LoadSpec, signal: AbortSignal): Promise<Cell> {
    const plan = planOf(spec);
    const key = await this.#starter.keyOf(plan);
    const taken = this.#warm.take(key, signal);
    // Started beside the load, the next one stands ready when the load is done.
    if (taken) this.#warm.refill(plan, key);
    const warm = await taken;
    if (warm) {
      warm.role = 'instance';
      this.#warmStarts += 1;
      return warm;
    }
    this.#coldStarts += 1;
    const { modelName } = spec.variant;
    this.#options.logger.debug(`${modelName} gets a new server process.`);
    const purpose = { role: 'instance', modelName, reason: this.#warm.missReason(plan) } as const;
    const cell = await this.#starter.start(plan, purpose, signal);
    this.#warm.fill(plan, key);
    return cell;
  }

  /** Another name of the same weights, which has a template of its own. */
  async #addName(cell: Cell, modelName: string, signal: AbortSignal): Promise<void> {
    const models = await requireModelFolder(this.#options.models);
    const manifest = await readManifest(models, modelName, this.#options.clock, signal);
    if (weightFiles(manifest) !== cell.occupant?.weightFiles) {
      throw new NotSentError(
        `${modelName} has other weights now than the instance that its job was sent to. The job waits for the right one.`,
      );
    }
    await cell.folder?.add(models, manifest);
    cell.names.add(ollamaNames.canonical(modelName));
  }

  async #readHost(all: readonly ProcessStat[]): Promise<HostReading | null> {
    const library = this.library.cell;
    const others = [...this.#warm.cells, ...(library ? [library] : [])];
    const [room, held] = await Promise.all([
      readHostRoom(),
      Promise.all([...this.#cells].map((cell) => cell.measureHost(all))),
      Promise.all(others.map((cell) => cell.measureHost(all))),
    ]);
    return room && { ...room, heldBytes: held.reduce((sum, memory) => sum + memory.anonymousBytes, 0) };
  }

  #changed(what: BackendChange): void {
    for (const listener of this.#listeners) listener(what);
  }
}

/** By weights and not by name: between two readings a name may have got other ones. */
function holds(cell: Cell, resident: Resident, spec: LoadSpec): boolean {
  const { occupant } = cell;
  if (occupant?.weights !== spec.variant.weights) return false;
  if (resident.shift !== undefined && resident.shift !== (occupant.options.shift ?? null)) return false;
  return resident.contextLength === null || resident.contextLength === occupant.contextLength;
}

function noteOf(cell: Cell, occupant: Occupant): LoadedNote {
  const { key, plan, folder } = cell;
  return {
    version: 1,
    role: 'instance',
    key,
    plan: { gpus: [...plan.gpus], config: plan.config },
    folder: folder?.path ?? '',
    ...occupant,
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
