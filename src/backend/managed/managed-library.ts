/** The user's model folder, served by a cell of its own that sees no GPU. It is started when it is first needed. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelLibrary } from '../../domain/backend.ts';
import { BackendError, messageOf } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ModelInfo } from '../../domain/model.ts';
import type { PullProgress, RecordSink } from '../../domain/model-operations.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { SERVER_STOPS, unusable } from '../cells/failures.ts';
import { OllamaModelLibrary } from '../ollama/model-library.ts';
import { versionAnswer } from '../ollama/wire.ts';
import type { CellStarter } from './cell-starter.ts';
import { lockFolder } from './library-lock.ts';
import { filesInUse, readManifest, requireModelFolder } from './manifest.ts';
import type { OllamaCell } from './ollama-cell.ts';
import { requireVersion } from './program.ts';
import type { ManagedOllamaOptions } from './settings.ts';

interface Served {
  readonly cell: OllamaCell;
  readonly library: OllamaModelLibrary;
  readonly version: string;
}

export interface LibraryOptions {
  readonly options: Pick<ManagedOllamaOptions, 'models' | 'clock' | 'logger' | 'known'>;
  readonly starter: CellStarter;
  /** After each list of all models. */
  readonly listed: (models: readonly ModelInfo[]) => void;
  readonly changed: () => void;
}

export class ManagedLibrary implements ModelLibrary {
  readonly #options: LibraryOptions['options'];
  readonly #starter: CellStarter;
  readonly #listed: LibraryOptions['listed'];
  readonly #changed: () => void;
  readonly #logger: Logger;
  readonly #stopped = new AbortController();
  #opening: Promise<Served> | undefined;
  #served: Served | undefined;
  #starts = 0;
  /** Of the newest cell; known on when it is gone. */
  #version: string | null = null;

  constructor({ options, starter, listed, changed }: LibraryOptions) {
    this.#options = options;
    this.#starter = starter;
    this.#listed = listed;
    this.#changed = changed;
    this.#logger = options.logger;
  }

  get cell(): OllamaCell | null {
    return this.#served?.cell ?? null;
  }

  get version(): string | null {
    return this.#version;
  }

  /** Names that a cell's weights have now, as of the last list. */
  namesOf(weights: string): readonly string[] {
    return this.#served?.library.namesOf(weights) ?? [];
  }

  /** Resolves when its cell serves. @throws BackendError that says what is wrong with the program or the folder */
  async ready(signal: AbortSignal): Promise<string> {
    return (await this.#open(signal)).version;
  }

  async list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    const models = await this.#ask((served) => served.library.list(signal), signal);
    this.#listed(models);
    return models;
  }

  tags(signal: AbortSignal): Promise<readonly JsonObject[]> {
    return this.#ask((served) => served.library.tags(signal), signal);
  }

  show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    return this.#ask((served) => served.library.show(request, signal), signal);
  }

  async pull(
    modelName: string,
    onProgress: (progress: PullProgress, record: JsonObject) => void,
    signal: AbortSignal,
    insecure = false,
  ): Promise<void> {
    await this.#replacing(modelName, signal, ({ library }) =>
      library.pull(modelName, onProgress, signal, insecure),
    );
  }

  async push(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    const { library } = await this.#open(signal);
    await library.push(request, onRecord, signal);
  }

  async create(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    const modelName = String(request.model || request.name || '');
    await this.#replacing(modelName, signal, ({ library }) => library.create(request, onRecord, signal));
  }

  hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    return this.#ask((served) => served.library.hasBlob(digest, signal), signal);
  }

  async putBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean> {
    await using _lock = await lockFolder(await requireModelFolder(this.#options.models));
    // Not asked a second time: the bytes come once.
    const { library } = await this.#open(signal);
    return library.putBlob(digest, bytes, signal);
  }

  async copy(source: string, destination: string, signal: AbortSignal): Promise<void> {
    await using _lock = await lockFolder(await requireModelFolder(this.#options.models));
    await this.#ask((served) => served.library.copy(source, destination, signal), signal);
  }

  async delete(modelName: string, signal: AbortSignal): Promise<void> {
    await using _lock = await lockFolder(await requireModelFolder(this.#options.models));
    await this.#ask((served) => served.library.delete(modelName, signal), signal);
  }

  /**
   * Work that gives a name to other files. What it meant before is no longer named by anything when it is done, and goes: the cell itself, told
   * never to prune, leaves it.
   */
  async #replacing(
    modelName: string,
    signal: AbortSignal,
    work: (served: Served) => Promise<void>,
  ): Promise<void> {
    const models = await requireModelFolder(this.#options.models);
    await using _lock = await lockFolder(models);
    const before = await readManifest(models, modelName, this.#options.clock, signal).catch(() => null);
    await this.#ask(work, signal);
    if (!before) return;
    await this.#removeUnused(
      models,
      before.layers.map(({ fileName }) => fileName),
    );
  }

  async stop(): Promise<void> {
    this.#stopped.abort(unusable('The backend was stopped.'));
    const served = this.#served ?? (await this.#opening?.catch(() => undefined));
    await served?.cell.end(SERVER_STOPS);
  }

  /** Once more with a new cell when the one that was asked died meanwhile, or hangs. */
  async #ask<T>(question: (served: Served) => Promise<T>, signal: AbortSignal): Promise<T> {
    const served = await this.#open(signal);
    try {
      return await question(served);
    } catch (error) {
      if (signal.aborted || this.#stopped.signal.aborted) throw error;
      if (!(error instanceof BackendError) || error.remedy !== 'wait') throw error;
      if (error.code !== 'BACKEND_UNREACHABLE' && (await this.#answers(served, signal))) throw error;
      served.cell.closedBecause ??= 'It did not answer any more.';
      await served.cell.process.end();
      return question(await this.#open(signal));
    }
  }

  /** A list of many models may take its time; its version a server knows at once. Rejects with the signal's reason. */
  async #answers({ cell }: Served, signal: AbortSignal): Promise<boolean> {
    const asked = cell.connection.ask(
      { endpoint: '/api/version' },
      versionAnswer,
      signal,
      this.#starter.deadlines.proofMs,
    );
    return asked.then(
      () => true,
      () => {
        // Whoever asked has left: that says nothing of the server.
        signal.throwIfAborted();
        return false;
      },
    );
  }

  async #open(signal: AbortSignal): Promise<Served> {
    this.#stopped.signal.throwIfAborted();
    await requireModelFolder(this.#options.models);
    if (this.#served?.cell.isServing) return this.#served;
    // The start is everybody's: whoever gives up waiting for it does not end it.
    this.#opening ??= this.#start().finally(() => {
      this.#opening = undefined;
    });
    return orAborted(this.#opening, signal);
  }

  async #start(): Promise<Served> {
    const models = await requireModelFolder(this.#options.models);
    const reason =
      this.#starts === 0
        ? 'It serves the model library.'
        : 'It serves the model library in the place of the one before.';
    const cell = await this.#starter.startLibrary(models, reason, this.#stopped.signal);
    try {
      const { version } = await cell.connection.ask(
        { endpoint: '/api/version' },
        versionAnswer,
        this.#stopped.signal,
      );
      requireVersion(version);
      const library = new OllamaModelLibrary({
        connection: cell.connection,
        clock: this.#options.clock,
        deadlines: this.#starter.deadlines,
        logger: this.#logger,
        known: this.#options.known,
        // The cell goes when nobody needs it.
        patient: true,
      });
      cell.restarts = this.#starts;
      this.#starts += 1;
      this.#version = version;
      this.#served = { cell, library, version };
      cell.process.died.then(() => void this.#clearAway(cell));
      this.#changed();
      return this.#served;
    } catch (error) {
      await cell.end('It is not usable.');
      throw error;
    }
  }

  async #clearAway(cell: OllamaCell): Promise<void> {
    this.#changed();
    await cell.end('It died.').catch((error: unknown) => this.#logger.warn(messageOf(error)));
  }

  async #removeUnused(models: string, fileNames: readonly string[]): Promise<void> {
    try {
      const used = await filesInUse(models);
      for (const fileName of fileNames) {
        if (!used.has(fileName)) await rm(join(models, 'blobs', fileName), { force: true });
      }
    } catch (error) {
      this.#logger.warn('Files of a replaced model could not be removed.', { cause: messageOf(error) });
    }
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  aborted.promise.catch(() => {});
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
