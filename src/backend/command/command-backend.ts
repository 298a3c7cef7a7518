/** A backend whose models are started by commands of the configuration: llama.cpp's server, vLLM, SGLang and whatever else speaks OpenAI's API. */
import type { BackendCapabilities, LoadSpec, OutputSink, RunRequest } from '../../domain/backend.ts';
import { BackendError, messageOf } from '../../domain/errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Variant } from '../../domain/model.ts';
import { formatBytes } from '../../domain/units.ts';
import type { Adopter } from '../cells/adopt-survivors.ts';
import { CellBackend } from '../cells/cell-backend.ts';
import { type CellPlan, planOf } from '../cells/cell-plan.ts';
import { SERVER_STOPS, unusable } from '../cells/failures.ts';
import { watchLoad } from '../cells/load-signs.ts';
import { startNote } from '../cells/note.ts';
import { runOn } from '../openai/calls.ts';
import { OpenAiConnection } from '../openai/connection.ts';
import { openAiNames } from '../openai/model-names.ts';
import { listStats, readHostRoom, type SupervisedProcess } from '../supervisor/index.ts';
import { readStat } from '../supervisor/proc/stat.ts';
import { startedByCommands } from './capabilities.ts';
import { CommandCell, type CommandOccupant } from './command-cell.ts';
import { CommandLibrary, type CommandModel } from './command-library.ts';
import { commandFailure } from './failures.ts';
import { type LaunchPlan, launchPlan, takesContext } from './launch-plan.ts';
import { ModelFileError } from './model-files.ts';
import { type LoadedNote, noteOf, occupantOf, parseNote } from './note.ts';
import { lookAtServer, readyProbe, type ServerLook } from './server-look.ts';
import { type CommandBackendOptions, commandDeadlines, SERVER_HOST_BYTES } from './settings.ts';
import { Sleepers } from './sleepers.ts';

/** The driver's part of a process, which figures of memory leave out: as the registry puts it on again. */
const DRIVER_BYTES = 512 * 1024 ** 2;
/** Share of what was said that a model may take more before somebody is told. */
const TOLERANCE = 0.1;

/** @throws SupervisionUnsupportedError on anything but Linux */
export function createCommandBackend(options: CommandBackendOptions): CommandBackend {
  return new CommandBackend(options);
}

export class CommandBackend extends CellBackend<CommandCell, LoadedNote> {
  readonly url: string;
  readonly capabilities: BackendCapabilities;
  readonly names = openAiNames;
  readonly library: CommandLibrary;
  protected readonly adopter: Adopter<CommandCell, LoadedNote>;
  readonly #options: CommandBackendOptions;
  readonly #deadlines: ReturnType<typeof commandDeadlines>;
  readonly #left = new Set<Promise<unknown>>();
  readonly #sleepers: Sleepers;

  constructor(options: CommandBackendOptions) {
    const deadlines = commandDeadlines(options);
    super(options, { ...deadlines, quotes: true });
    this.#options = options;
    this.#deadlines = deadlines;
    const { clock, logger } = options;
    this.#sleepers = new Sleepers({
      clock,
      logger,
      changed: () => this.changed('cells'),
      sleepMs: deadlines.sleepMs,
    });
    this.url = `managed:${options.name}`;
    this.capabilities = startedByCommands({
      loadChannels: options.parallelLoads,
      hostBytesPerInstance: SERVER_HOST_BYTES,
    });
    this.library = new CommandLibrary({
      name: options.name,
      models: options.models,
      logger: options.logger,
      listed: (models) => this.held.follow(models),
    });
    this.adopter = {
      parse: parseNote,
      keyOf: async (note) => (await this.#planOf(note.modelName, note.plan, note.launchedWith)).plan.key,
      cellOf: (process, note) => this.#cellOf(process, note.plan, note.key),
      prove: async ({ connection, process, plan }, note, signal) => {
        const look = await lookAtServer(connection, note.modelName, signal);
        if (look.servedName !== note.servedName) throw new Error('it does not serve what was recorded');
        this.#noteSlots(look, plan, process.name);
      },
      adopted: (cell, note) => {
        cell.occupant = occupantOf(note);
        this.#learnContext(note.modelName, note.weights, note.contextLength);
      },
    };
  }

  protected get others(): readonly CommandCell[] {
    return this.#sleepers.cells;
  }

  protected async endOthers(): Promise<void> {
    await this.#sleepers.endAll(SERVER_STOPS);
  }

  /** Where its server can do that, its model is put to sleep; a host that is short of memory has no room for sleepers. */
  protected override async unload(cell: CommandCell, why: string): Promise<void> {
    const { occupant } = cell;
    const config = cell.modelName === null ? undefined : this.library.configOf(cell.modelName);
    if (
      !occupant ||
      !config?.sleep ||
      !cell.isServing ||
      this.stopped.signal.aborted ||
      (await isHostShort())
    )
      return super.unload(cell, why);
    const note = noteOf(cell, occupant, occupant.contextLength);
    if (!(await this.#sleepers.putToSleep(cell, note, this.stopped.signal))) return super.unload(cell, why);
    this.held.release(cell);
  }

  protected async settled(): Promise<void> {
    await Promise.all(this.#left);
  }

  /** Each server has its own, which none need have told. */
  protected async version(): Promise<string> {
    return 'v1';
  }

  protected async introduce(): Promise<void> {
    // Every name of its model is called by the server's own.
  }

  protected answer(
    { connection, occupant }: CommandCell,
    { contextLength }: Variant,
    run: RunRequest,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<JobResult> {
    const { clock } = this.#options;
    const asked = { ...run, modelName: occupant?.servedName ?? run.modelName };
    return runOn(asked, contextLength, { connection, dialect: 'loose', clock, sink, signal });
  }

  protected async loadCell(spec: LoadSpec, signal: AbortSignal, progress: () => void): Promise<CommandCell> {
    const { logger } = this.#options;
    const { variant } = spec;
    const cellPlan = planOf(spec);
    const { model, plan } = await this.#planOf(variant.modelName, cellPlan, variant.contextLength);
    const woken = model.config.sleep && (await this.#sleepers.wake(plan.key, variant.modelName, signal));
    if (woken) {
      this.warmStarts += 1;
      this.held.add(woken);
      return woken;
    }
    this.coldStarts += 1;
    const cell = await this.#start(variant.modelName, model, plan, cellPlan, { signal, progress });
    cell.modelName = variant.modelName;
    this.held.add(cell);
    try {
      const occupant = await this.#lookAt(cell, model, variant, signal);
      await cell.process.setNote(noteOf(cell, occupant, variant.contextLength));
      signal.throwIfAborted();
      cell.occupant = occupant;
      return cell;
    } catch (error) {
      // Its memory is free before anybody hears of the failure.
      const why = `Its load failed: ${messageOf(signal.aborted ? signal.reason : error).split('\n', 1)[0]}`;
      await this.held.end(cell, why).catch((stuck: unknown) => logger.error(messageOf(stuck)));
      throw signal.aborted ? signal.reason : error;
    }
  }

  protected override loadedAs(variant: Variant, { contextLength }: CommandOccupant): Variant {
    return { ...variant, contextLength, options: { ...variant.options, num_ctx: contextLength } };
  }

  async #start(
    modelName: string,
    { config }: CommandModel,
    { program, args, env, cwd, key }: LaunchPlan,
    cellPlan: CellPlan,
    { signal, progress }: { readonly signal: AbortSignal; readonly progress: () => void },
  ): Promise<CommandCell> {
    const { clock } = this.#options;
    let watch: Disposable | undefined;
    const launched = (process: SupervisedProcess) => {
      progress();
      watch?.[Symbol.dispose]();
      watch = watchLoad({ process, pids: () => process.memberPids() }, clock, progress);
    };
    const purpose = { role: 'instance', modelName, reason: 'Its model is loaded by starting it.' } as const;
    try {
      const spec = {
        name: `${this.#options.name}'s ${modelName}`,
        command: program,
        args,
        env,
        cwd,
        readiness: {
          port: { kind: 'chosen' },
          probe: readyProbe(config.ready),
          readyLimitMs: config.readyWithinMs,
        },
        note: startNote(cellPlan, purpose),
      } as const;
      const process = await this.supervisor.start(spec, { signal, launched });
      return this.#cellOf(process, cellPlan, key);
    } catch (error) {
      const failure = commandFailure(error, modelName);
      // What sleepers still hold of the cards may be what was missing.
      if (failure instanceof BackendError && failure.remedy === 'free-memory')
        await this.#sleepers.endAll('Its memory is wanted for another model.');
      throw failure;
    } finally {
      watch?.[Symbol.dispose]();
    }
  }

  #cellOf(process: SupervisedProcess, plan: CellPlan, key: string): CommandCell {
    const { clock } = this.#options;
    const url = `http://127.0.0.1:${process.port}`;
    const connection = new OpenAiConnection({ url, clock, deadlines: this.#deadlines });
    const leave = (work: Promise<unknown>) => {
      this.#left.add(work);
      void work.finally(() => this.#left.delete(work));
    };
    const cell = new CommandCell({ process, plan, key, connection, clock, leave }, 'instance');
    this.chronicle.became(cell);
    return cell;
  }

  /** @throws BackendError for what a person has to put right */
  async #planOf(modelName: string, cellPlan: CellPlan, contextLength: number) {
    try {
      const model = await this.library.model(modelName);
      if (!model) throw unusable(`The settings name no model ${modelName} on ${this.name} any more.`);
      const { config, info } = model;
      return { model, plan: launchPlan(config, cellPlan, contextLength, info.weights, this.#options) };
    } catch (error) {
      if (error instanceof ModelFileError) throw unusable(messageOf(error), error);
      throw error;
    }
  }

  /** @throws BackendError where it does not have what it was started for */
  async #lookAt(
    cell: CommandCell,
    { config, info }: CommandModel,
    { modelName, weights, contextLength, options, embedding }: Variant,
    signal: AbortSignal,
  ): Promise<CommandOccupant> {
    const look = await lookAtServer(cell.connection, modelName, signal);
    const told = look.contextLength;
    if (takesContext(config) && told !== null && told < contextLength) {
      throw new BackendError(
        'LOAD_FAILED',
        'none',
        `${modelName} was started for ${contextLength} tokens of context in each of ${cell.plan.config.parallel} slots, but its server has ${told}. In its command {context} stands for the tokens of all slots, and {slotContext} for those of one.`,
      );
    }
    this.#noteSlots(look, cell.plan, modelName);
    if (told !== null) this.#learnContext(modelName, weights, told);
    const stat = readStat(cell.process.pid);
    if (!stat)
      throw new BackendError(
        'LOAD_FAILED',
        'retry',
        `The server of ${modelName} ended right after its start.`,
      );
    const memory = await this.#measured(cell, config.vramBytes ?? info.diskBytes);
    this.#noteMemory(modelName, config.vramBytes, memory);
    return {
      modelName,
      weights,
      digest: info.digest,
      contextLength: takesContext(config) ? contextLength : (told ?? contextLength),
      options,
      embedding,
      engine: { pid: stat.pid, startTicks: stat.startTicks },
      servedName: look.servedName,
      ...memory,
    };
  }

  /** A server with a context of its own tells it when it is there, and its next instance is planned with it. */
  #learnContext(modelName: string, weights: string, told: number): void {
    const config = this.library.configOf(modelName);
    if (config && !takesContext(config) && this.library.tell(weights, told)) this.changed('service');
  }

  /** What it takes, less what the driver does: on its cards, or on a host without any. @param expectedBytes where nobody sees it */
  async #measured(
    { process, plan }: CommandCell,
    expectedBytes: number,
  ): Promise<Pick<CommandOccupant, 'sizeBytes' | 'vramBytes' | 'isExpected'>> {
    if (plan.gpus.length === 0) {
      const { residentBytes } = await process.memory(listStats());
      return { sizeBytes: residentBytes, vramBytes: 0 };
    }
    const used = await this.#options.memoryOf(new Set(process.memberPids()));
    const bytes = Math.max(0, (used ?? expectedBytes) - DRIVER_BYTES * plan.gpus.length);
    return { sizeBytes: bytes, vramBytes: bytes, ...(used === null && { isExpected: true }) };
  }

  #noteMemory(
    modelName: string,
    saidBytes: number | null,
    { vramBytes }: { readonly vramBytes: number },
  ): void {
    if (saidBytes === null || vramBytes <= saidBytes * (1 + TOLERANCE)) return;
    this.#options.logger.warn(
      `${modelName} takes ${formatBytes(vramBytes)} of GPU memory, and its settings say vram: ${formatBytes(saidBytes)}. It is planned with what it takes from now on; correct the settings, or its command.`,
    );
  }

  #noteSlots({ slots }: ServerLook, { config }: CellPlan, name: string): void {
    if (slots === null || slots >= config.parallel) return;
    this.#options.logger.warn(
      `The server of ${name} runs ${slots} requests at once, and ${config.parallel} are sent to it. Give its command {parallel}, or its settings parallel: ${slots}.`,
    );
  }
}

/** Of its memory, free for others. */
const LEAST_FREE = 0.1;

async function isHostShort(): Promise<boolean> {
  const room = await readHostRoom();
  return room !== null && room.availableBytes < room.totalBytes * LEAST_FREE;
}
