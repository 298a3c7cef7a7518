/** Ollama with a server process for every resident model: loading is starting one, unloading is ending it. */
import { join } from 'node:path';
import type { Timer } from '../../clock.ts';
import type {
  Backend,
  BackendCapabilities,
  BackendReading,
  CellState,
  InstanceHandle,
  LoadSpec,
  Resident,
} from '../../domain/backend.ts';
import { BackendError, messageOf } from '../../domain/errors.ts';
import { type BackendId, type CellId, stableId } from '../../domain/ids.ts';
import type { ModelInfo } from '../../domain/model.ts';
import { canonicalModelName } from '../../domain/queue-key.ts';
import { Supervisor } from '../supervisor/index.ts';
import { adoptSurvivors, removeOldFolders } from './adopt-survivors.ts';
import { type Cell, cellId, type Occupant } from './cell.ts';
import { planOf } from './cell-plan.ts';
import { CellStarter } from './cell-starter.ts';
import { isAlive } from './engine.ts';
import { unusable } from './failures.ts';
import { loadInto } from './load.ts';
import { type InstanceKeeper, ManagedInstance, VanishedInstance } from './managed-instance.ts';
import { ManagedLibrary } from './managed-library.ts';
import { readManifest, requireModelFolder, weightFiles } from './manifest.ts';
import type { LoadedNote } from './note.ts';
import type { ManagedOllamaOptions } from './settings.ts';
import { WarmCells } from './warm-cells.ts';

/** Between two looks at the engines. */
const ENGINE_POLL_MS = 250;
/** Ended cells that are still shown. */
const SHOWN_ENDS = 16;

/** How loads found their cells. */
export interface CellStatistics {
  readonly coldStarts: number;
  readonly warmStarts: number;
}

/** @throws SupervisionUnsupportedError on anything but Linux */
export function createManagedOllamaBackend(options: ManagedOllamaOptions): ManagedOllama {
  return new ManagedOllama(options);
}

export class ManagedOllama implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly kind = 'ollama';
  readonly mode = 'MANAGED';
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  readonly library: ManagedLibrary;
  readonly #options: ManagedOllamaOptions;
  readonly #folder: string;
  readonly #supervisor: Supervisor;
  readonly #starter: CellStarter;
  readonly #warm: WarmCells;
  readonly #keeper: InstanceKeeper;
  /** Those that load or hold a model. */
  readonly #cells = new Set<Cell>();
  readonly #ended: CellState[] = [];
  readonly #uuids = new Map<CellId, string>();
  readonly #listeners = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #loads = new Set<Promise<unknown>>();
  /** By canonical name, as of the last list; empty before the first. */
  #weights: ReadonlyMap<string, string> = new Map();
  /** Cells whose weights the last list did not have: one list alone may have met a half-written manifest. */
  #doubted: ReadonlySet<Cell> = new Set();
  #coldStarts = 0;
  #warmStarts = 0;
  #poll: Timer | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ManagedOllamaOptions) {
    const { name, clock, random, logger, defaults } = options;
    this.#options = options;
    this.id = stableId('bkd', name);
    this.name = name;
    this.url = options.binary;
    this.capabilities = { loadChannels: defaults.parallelLoads, hasBeliefs: false, placement: 'caller' };
    // The id and not the name, which may be a word that means something in a path.
    this.#folder = join(options.dataDir, 'managed', this.id);
    this.#supervisor = new Supervisor({ dataDir: this.#folder, clock, random, logger });
    this.#starter = new CellStarter({ options, supervisor: this.#supervisor, folder: this.#folder });
    const changed = () => this.#changed();
    this.library = new ManagedLibrary({
      options,
      starter: this.#starter,
      listed: (models) => this.#followModels(models),
      changed,
    });
    this.#warm = new WarmCells({ starter: this.#starter, perPlace: options.warmCells, logger, changed });
    this.#keeper = {
      clock,
      // A request broken off in mid-stream frees its slot in a cell of its own just as well.
      drain: { tokens: 8, ms: this.#starter.deadlines.drainMs },
      addName: (cell, modelName, signal) => this.#addName(cell, modelName, signal),
      lost: (cell, why) => this.#lost(cell, why),
      end: (cell) => this.#end(cell),
      idle: (cell) => this.#endIfRetired(cell),
    };
  }

  get statistics(): CellStatistics {
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
    this.#lookAtEngines();
    let { version } = this.library;
    try {
      version = await this.library.ready(signal);
    } catch (error) {
      // What is in memory goes on without it; that it cannot be listed is told by the list of models.
      if (this.#residents().length === 0 || signal.aborted) throw error;
    }
    await this.#measureHostMemory();
    return { version: version ?? 'unknown', residents: this.#residents() };
  }

  async load(spec: LoadSpec, signal: AbortSignal): Promise<InstanceHandle> {
    this.#stopped.signal.throwIfAborted();
    const loaded = this.#load(spec, AbortSignal.any([signal, this.#stopped.signal]));
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
    if (!cell || !occupant) return new VanishedInstance(spec.variant, async () => {});
    const { contextLength } = occupant;
    return new ManagedInstance(cell, occupant, { ...spec.variant, contextLength }, this.#keeper);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  cells(): readonly CellState[] {
    const library = this.library.cell;
    const living = [...this.#cells, ...this.#warm.cells, ...(library ? [library] : [])];
    return [...living.filter(({ status }) => status !== 'EXITED').map(stateOf), ...this.#ended];
  }

  async cellLog(id: CellId, lines: number): Promise<readonly string[] | null> {
    const uuid = this.#uuids.get(id);
    return uuid === undefined ? null : this.#supervisor.tail(uuid, lines);
  }

  /** Resolves when the cells that are to stand ready do. */
  warmed(): Promise<void> {
    return this.#warm.settled();
  }

  async #start(): Promise<void> {
    const { logger } = this.#options;
    this.#supervisor.onChange((process) => {
      const id = cellId(process.uuid);
      this.#uuids.set(id, process.uuid);
      this.#changed();
    });
    try {
      const adopted = await adoptSurvivors({
        supervisor: this.#supervisor,
        starter: this.#starter,
        logger,
      });
      for (const cell of adopted) this.#keep(cell);
      await removeOldFolders(this.#folder, adopted);
    } catch (error) {
      logger.error(`What an earlier server left running cannot be looked for: ${messageOf(error)}`);
    }
    this.#schedulePoll();
  }

  async #stop(): Promise<void> {
    this.#stopped.abort(unusable('The backend was stopped.'));
    this.#poll?.cancel();
    await this.#starting;
    await Promise.allSettled(this.#loads);
    await Promise.all([this.library.stop(), this.#warm.stop()]);
    const { keep } = this.#options;
    if (keep) for (const cell of this.#cells) if (!cell.resident) await cell.end();
    if (!keep) await Promise.allSettled([...this.#cells].map((cell) => this.#end(cell)));
    await Promise.allSettled([...this.#cells].map((cell) => cell.connection.close()));
    await this.#supervisor.stop({ keep });
    this.#listeners.clear();
  }

  async #load(spec: LoadSpec, signal: AbortSignal): Promise<InstanceHandle> {
    const { clock } = this.#options;
    const models = await requireModelFolder(this.#options.models);
    const manifest = await readManifest(models, spec.variant.modelName, clock, signal);
    const cell = await this.#emptyCell(spec, signal);
    try {
      cell.modelName = spec.variant.modelName;
      this.#keep(cell);
      await cell.folder?.add(models, manifest);
      cell.names.add(canonicalModelName(spec.variant.modelName));
      const occupant = await loadInto(cell, spec, manifest, clock, signal);
      await cell.process.setNote(noteOf(cell, occupant));
      signal.throwIfAborted();
      cell.occupant = occupant;
      this.#warm.fill(cell.plan, cell.key);
      this.#changed();
      return new ManagedInstance(cell, occupant, spec.variant, this.#keeper);
    } catch (error) {
      // Its memory is free before anybody hears of the failure.
      await this.#end(cell).catch((stuck: unknown) => this.#options.logger.error(messageOf(stuck)));
      throw signal.aborted ? signal.reason : error;
    }
  }

  async #emptyCell(spec: LoadSpec, signal: AbortSignal): Promise<Cell> {
    const plan = planOf(spec);
    const warm = this.#warm.take(await this.#starter.keyOf(plan));
    if (warm) {
      warm.role = 'instance';
      this.#warmStarts += 1;
      return warm;
    }
    this.#coldStarts += 1;
    this.#options.logger.debug(`${spec.variant.modelName} gets a new server process.`);
    return this.#starter.start(plan, 'instance', signal);
  }

  #keep(cell: Cell): void {
    this.#cells.add(cell);
    cell.process.died.then((exit) => {
      if (!exit.asked) this.#lost(cell, exit.why);
    });
  }

  #residents(): readonly Resident[] {
    return [...this.#cells].flatMap((cell) => {
      const modelName = cell.occupant && this.#currentName(cell.occupant);
      return modelName && cell.resident ? { ...cell.resident, modelName } : [];
    });
  }

  /** By which these weights are known now; null when their name means other ones, as nobody may take them for those. */
  #currentName({ modelName, weights }: Occupant): string | null {
    const known = this.#weights.get(modelName);
    if (known === weights) return modelName;
    const other = [...this.#weights].find(([, each]) => each === weights);
    return other ? other[0] : known === undefined ? modelName : null;
  }

  /** The cell would load the engine again by itself with its next request: it gets none any more, and ends. */
  #lost(cell: Cell, why: string): void {
    if (!this.#cells.has(cell) || cell.closedBecause !== null) return;
    cell.closedBecause = why;
    this.#options.logger.warn(`The instance of ${cell.modelName} on ${this.name} is lost. ${why}`, {
      cell: cell.id,
    });
    this.#changed();
    this.#endSoon(cell);
  }

  #endSoon(cell: Cell): void {
    // The supervisor goes on trying; that it could not is in the log already.
    this.#end(cell).catch(() => {});
  }

  async #end(cell: Cell): Promise<void> {
    const before = stateOf(cell);
    await cell.end();
    if (!this.#cells.delete(cell)) return;
    const { exit } = cell.process;
    const exitReason = exit && !exit.asked ? exit.why : (cell.closedBecause ?? exit?.why ?? null);
    this.#ended.unshift({ ...before, status: 'EXITED', residentBytes: null, exitReason });
    this.#ended.splice(SHOWN_ENDS);
    this.#changed();
  }

  /** Another name of the same weights, which has a template of its own. */
  async #addName(cell: Cell, modelName: string, signal: AbortSignal): Promise<void> {
    const models = await requireModelFolder(this.#options.models);
    const manifest = await readManifest(models, modelName, this.#options.clock, signal);
    if (weightFiles(manifest) !== cell.occupant?.weightFiles) {
      throw new BackendError(
        'BACKEND_ERROR',
        'wait',
        `${modelName} has other weights now than the instance that its job was sent to. The job waits for the right one.`,
      );
    }
    await cell.folder?.add(models, manifest);
    cell.names.add(canonicalModelName(modelName));
  }

  /** What is in memory of a model that was replaced or deleted takes no new requests, and goes when it has none. */
  #followModels(models: readonly ModelInfo[]): void {
    this.#weights = new Map(models.map((model) => [model.name, model.weights]));
    const present = new Set(this.#weights.values());
    const doubted = new Set<Cell>();
    for (const cell of this.#cells) {
      const { occupant } = cell;
      if (!occupant || cell.closedBecause !== null || present.has(occupant.weights)) continue;
      if (!this.#doubted.has(cell)) {
        doubted.add(cell);
        continue;
      }
      cell.closedBecause = `${occupant.modelName} was replaced or deleted in the model folder.`;
      this.#changed();
      this.#endIfRetired(cell);
    }
    this.#doubted = doubted;
  }

  #endIfRetired(cell: Cell): void {
    if (cell.closedBecause !== null && cell.runs === 0) this.#endSoon(cell);
  }

  #schedulePoll(): void {
    if (this.#stopped.signal.aborted) return;
    this.#poll = this.#options.clock.after(ENGINE_POLL_MS, () => {
      this.#lookAtEngines();
      this.#schedulePoll();
    });
  }

  #lookAtEngines(): void {
    for (const cell of this.#cells) {
      if (cell.occupant && cell.closedBecause === null && !isAlive(cell.occupant.engine)) {
        this.#lost(cell, 'Its engine process died.');
      }
    }
  }

  async #measureHostMemory(): Promise<void> {
    const library = this.library.cell;
    const cells = [...this.#cells, ...this.#warm.cells, ...(library ? [library] : [])];
    await Promise.all(
      cells.map(async (cell) => {
        cell.residentBytes = (await cell.process.memory()).residentBytes || null;
      }),
    );
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** By weights and not by name: between two readings a name may have got other ones. */
function holds(cell: Cell, resident: Resident, spec: LoadSpec): boolean {
  const { occupant } = cell;
  if (occupant?.weights !== spec.variant.weights) return false;
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

function stateOf(cell: Cell): CellState {
  return {
    id: cell.id,
    status: cell.status,
    role: cell.role,
    modelName: cell.modelName,
    pid: cell.process.pid,
    port: cell.process.port,
    gpuKeys: cell.plan.gpus.map(({ key }) => key),
    residentBytes: cell.residentBytes,
    restarts: cell.restarts,
    startedAt: cell.process.startedAt,
    exitReason: cell.process.exit?.why ?? null,
  };
}
