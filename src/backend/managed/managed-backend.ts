/** Ollama with a server process for every resident model. */
import type { BackendCapabilities, LoadSpec, OutputSink, RunRequest } from '../../domain/backend.ts';
import { messageOf, NotSentError } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
import type { Adopter } from '../cells/adopt-survivors.ts';
import { CellBackend } from '../cells/cell-backend.ts';
import { planOf } from '../cells/cell-plan.ts';
import { watchLoad } from '../cells/load-signs.ts';
import { answerOf } from '../ollama/job-answer.ts';
import { ollamaNames } from '../ollama/model-names.ts';
import { ollamaAdopter, removeOldFolders } from './adoption.ts';
import { managedOllama } from './capabilities.ts';
import { logsPrompts } from './cell-plan.ts';
import { CellStarter } from './cell-starter.ts';
import { loadInto } from './load.ts';
import { ManagedLibrary } from './managed-library.ts';
import { readManifest, requireModelFolder, weightFiles } from './manifest.ts';
import { type LoadedNote, noteOf } from './note.ts';
import type { OllamaCell } from './ollama-cell.ts';
import { CELL_HOST_BYTES, type ManagedOllamaOptions, managedDeadlines } from './settings.ts';
import { WarmCells } from './warm-cells.ts';

/** @throws SupervisionUnsupportedError on anything but Linux */
export function createManagedOllamaBackend(options: ManagedOllamaOptions): ManagedOllama {
  return new ManagedOllama(options);
}

export class ManagedOllama extends CellBackend<OllamaCell, LoadedNote> {
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  readonly names = ollamaNames;
  readonly library: ManagedLibrary;
  protected readonly adopter: Adopter<OllamaCell, LoadedNote>;
  readonly #options: ManagedOllamaOptions;
  readonly #starter: CellStarter;
  readonly #warm: WarmCells;

  constructor(options: ManagedOllamaOptions) {
    const { clock, logger, defaults } = options;
    super(options, { ...managedDeadlines(options), quotes: !logsPrompts(options.env) });
    this.#options = options;
    this.url = options.binary;
    this.capabilities = managedOllama({
      loadChannels: defaults.parallelLoads,
      hostBytesPerInstance: CELL_HOST_BYTES + defaults.promptCacheBytes,
    });
    this.#starter = new CellStarter({
      options,
      supervisor: this.supervisor,
      folder: this.folder,
      made: (cell) => this.chronicle.became(cell),
    });
    this.adopter = ollamaAdopter(this.#starter);
    this.library = new ManagedLibrary({
      options,
      starter: this.#starter,
      listed: (models) => this.held.follow(models),
      changed: () => this.changed('service'),
    });
    this.#warm = new WarmCells({
      starter: this.#starter,
      perPlace: options.warmCells,
      clock,
      logger,
      changed: () => this.changed('cells'),
    });
  }

  standReady(gpus: LoadSpec['gpus']): void {
    if (this.stopped.signal.aborted) return;
    const config = this.#options.defaults.instance;
    for (const cards of gpus.length === 0 ? [[]] : gpus.map((gpu) => [gpu])) {
      const plan = { gpus: cards, config };
      this.#warm.fillFirst(plan, () => this.#starter.keyOf(plan));
    }
  }

  /** Resolves when the cells that are to stand ready do. */
  warmed(): Promise<void> {
    return this.#warm.settled();
  }

  protected get others(): readonly OllamaCell[] {
    const library = this.library.cell;
    return [...this.#warm.cells, ...(library ? [library] : [])];
  }

  protected async endOthers(): Promise<void> {
    await Promise.all([this.library.stop(), this.#warm.stop()]);
  }

  protected settled(): Promise<void> {
    return this.#starter.settled();
  }

  protected override async tidy(living: readonly OllamaCell[]): Promise<void> {
    await removeOldFolders(this.folder, living);
  }

  protected async version(signal: AbortSignal): Promise<string> {
    const { version } = this.library;
    try {
      return await this.library.ready(signal);
    } catch (error) {
      // What is in memory goes on without it; that it cannot be listed is told by the list of models.
      if (this.held.residents().length === 0 || signal.aborted) throw error;
      return version ?? 'unknown';
    }
  }

  protected async loadCell(spec: LoadSpec, signal: AbortSignal, progress: () => void): Promise<OllamaCell> {
    const { clock, logger } = this.#options;
    const models = await requireModelFolder(this.#options.models);
    const manifest = await readManifest(models, spec.variant.modelName, clock, signal);
    const cell = await this.#emptyCell(spec, signal);
    progress();
    // The server process itself is left out: it asks its engine again and again whether it is ready, also one that hangs.
    const pids = () => cell.process.memberPids().filter((pid) => pid !== cell.process.pid);
    using _watch = watchLoad({ process: cell.process, pids }, clock, progress);
    try {
      cell.modelName = spec.variant.modelName;
      this.held.add(cell);
      await cell.folder?.add(models, manifest);
      cell.names.add(ollamaNames.canonical(spec.variant.modelName));
      const occupant = await loadInto(cell, spec, manifest, clock, signal);
      await cell.process.setNote(noteOf(cell, occupant));
      signal.throwIfAborted();
      cell.occupant = occupant;
      return cell;
    } catch (error) {
      // Its memory is free before anybody hears of the failure.
      const why = `Its load failed: ${firstLine(messageOf(signal.aborted ? signal.reason : error))}`;
      await this.held.end(cell, why).catch((stuck: unknown) => logger.error(messageOf(stuck)));
      throw signal.aborted ? signal.reason : error;
    }
  }

  protected answer(
    cell: OllamaCell,
    { contextLength }: Variant,
    run: RunRequest,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<JobResult> {
    const { clock } = this.#options;
    // Also a tool call that is held back until it is whole takes processor time.
    const signs = () => String(cell.cpuTicks);
    const options = cell.occupant?.options ?? {};
    // A request broken off in mid-stream frees its slot in a cell of its own just as well.
    const drain = { tokens: 8, ms: this.#starter.deadlines.drainMs };
    const reading = { connection: cell.connection, clock, drain, sink, signal };
    return answerOf(run, { options, contextLength, signs }, reading);
  }

  async #emptyCell(spec: LoadSpec, signal: AbortSignal): Promise<OllamaCell> {
    const plan = planOf(spec);
    const key = await this.#starter.keyOf(plan);
    const taken = this.#warm.take(key, signal);
    // Started beside the load, the next one stands ready when the load is done.
    if (taken) this.#warm.refill(plan, key);
    const warm = await taken;
    if (warm) {
      warm.role = 'instance';
      this.warmStarts += 1;
      return warm;
    }
    this.coldStarts += 1;
    const { modelName } = spec.variant;
    this.#options.logger.debug(`${modelName} gets a new server process.`);
    const purpose = { role: 'instance', modelName, reason: this.#warm.missReason(plan) } as const;
    const cell = await this.#starter.start(plan, purpose, signal);
    this.#warm.fill(plan, key);
    return cell;
  }

  /** Another name of the same weights, which has a template of its own. */
  protected async introduce(cell: OllamaCell, modelName: string, signal: AbortSignal): Promise<void> {
    if (cell.names.has(ollamaNames.canonical(modelName))) return;
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
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
