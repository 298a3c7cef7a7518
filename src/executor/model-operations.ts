/** Fetches, copies and deletes models on the backends' libraries. */
import { type Clock, type Random, sleep } from '../clock.ts';
import type { Backend, BackendCapabilities } from '../domain/backend.ts';
import {
  BackendError,
  BackendUnavailableError,
  InvalidInputError,
  ModelNotFoundError,
  messageOf,
  VramkeeperError,
} from '../domain/errors.ts';
import type { EventPublisher } from '../domain/events.ts';
import type { BackendId } from '../domain/ids.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { ModelOperations, ModelPull, ModelPullId } from '../domain/model-operations.ts';
import { canonicalModelName } from '../domain/queue-key.ts';
import type { Logger } from '../telemetry/logger.ts';
import { checkModelName, checkPullName } from './model-names.ts';
import { ModelPulls } from './model-pulls.ts';
import { ReplacedWeights } from './replaced-weights.ts';
import type { WithheldModels } from './withheld-models.ts';

/** As much of a backend as this is about. */
type LibraryBackend = Pick<Backend, 'id' | 'name' | 'url' | 'library' | 'capabilities'>;

export interface ModelOperationsDependencies {
  /** In the order of the configuration. */
  readonly backends: readonly LibraryBackend[];
  /** Whether the backend answered lately. */
  readonly answers: (backendId: BackendId) => boolean;
  /** Names of installed models close to one that is not there, closest first. */
  readonly suggest: (modelName: string) => readonly string[];
  /** Reads what the backend has; resolves when everyone who has to knows. */
  readonly modelsChanged: (backendId: BackendId) => Promise<void>;
  /** Every model that the backend was last known to have. */
  readonly installed: (backendId: BackendId) => readonly ModelInfo[];
  /** Whether anything of these weights is in memory there, or on its way. */
  readonly inMemory: (weights: string, backendId: BackendId) => boolean;
  /** Drains and unloads every instance of the model there, and ends what loads it; resolves when they are gone. */
  readonly unload: (modelName: string, backendId: BackendId) => Promise<void>;
  readonly withheld: WithheldModels;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** For what is in memory to go. */
const LOOK_AGAIN_MS = 250;

/** A model where it was found. */
interface Found {
  readonly backend: LibraryBackend;
  readonly info: ModelInfo;
  /** Everything that the backend has. */
  readonly models: readonly ModelInfo[];
}

/** What can be done to a model of a library, and how that is called for people. */
const ABILITIES = {
  canPull: 'fetch models',
  canCopy: 'give models another name',
  canDelete: 'delete models',
} as const satisfies Partial<Record<keyof BackendCapabilities, string>>;
type Ability = keyof typeof ABILITIES;

/** Why a download ended that nobody at the backend broke off. */
class PullEndedError extends VramkeeperError {
  readonly code = 'PULL_ENDED';
}

export class LibraryOperations implements ModelOperations {
  readonly #deps: ModelOperationsDependencies;
  readonly #pulls: ModelPulls;
  readonly #stopped = new AbortController();

  constructor(deps: ModelOperationsDependencies) {
    this.#deps = deps;
    this.#pulls = new ModelPulls({
      ...deps,
      refresh: (id, signal) => this.#refresh(id, signal),
      replaced: (backend, name) =>
        new ReplacedWeights({ ...deps, unload: (info) => this.#unload(info, backend) }, backend.id, name),
    });
  }

  async pull(modelName: string, backendId: BackendId | null): Promise<ModelPull> {
    const name = checkPullName(modelName, 'model');
    return this.#pulls.start(this.#reachable(backendId, 'canPull'), name);
  }

  findPull(id: ModelPullId): ModelPull | null {
    return this.#pulls.find(id);
  }

  pulls(): readonly ModelPull[] {
    return this.#pulls.all();
  }

  async copy(source: string, destination: string, backendId: BackendId | null): Promise<void> {
    const from = checkModelName(source, 'source');
    const to = checkModelName(destination, 'destination');
    const [found] = thoseThat('canCopy', await this.#find(from, backendId));
    if (!found) throw this.#notFound(from, backendId);
    const { backend, info, models } = found;
    const there = models.find((model) => model.name === canonicalModelName(to));
    // What is loaded of an overwritten model could be unloaded by no name.
    if (there && there.digest !== info.digest) throw destinationTaken(to, backend);
    await this.#ask(backend, from, () => backend.library.copy(info.name, to, this.#stopped.signal));
    this.#deps.logger.info(`${from} was copied to ${to} on ${backend.name}.`);
    await this.#refresh(backend.id, this.#stopped.signal);
  }

  async delete(modelName: string, backendId: BackendId | null): Promise<void> {
    const name = modelName.trim();
    const ended = await this.#endPulls(name, backendId);
    const found = thoseThat('canDelete', await this.#find(name, backendId));
    const [only] = found;
    if (found.length > 1) throw ambiguous(name, found);
    if (only) await this.#delete(only);
    else if (!ended) throw this.#notFound(name, backendId);
  }

  /** Ends downloads and what is being waited for; resolves when nothing is under way. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped.abort(new BackendUnavailableError('The server is stopping. Try again when it runs.', null));
    await this.#pulls.stop(
      new PullEndedError('The server was stopped. Pull again when it runs: what arrived is kept.'),
    );
  }

  async #delete({ backend, info, models }: Found): Promise<void> {
    const { logger, withheld } = this.#deps;
    const shared = models.some((model) => model.weights === info.weights && model.name !== info.name);
    // Until everyone knows that it is gone.
    using _held = withheld.hold(backend.id, info.name);
    if (!shared) await this.#unload(info, backend);
    await this.#ask(backend, info.name, () => backend.library.delete(info.name, this.#stopped.signal));
    logger.info(`${info.name} was deleted on ${backend.name}.`);
    await this.#refresh(backend.id, this.#stopped.signal);
  }

  async #unload(info: ModelInfo, backend: Pick<LibraryBackend, 'id'>): Promise<void> {
    const { clock, inMemory, unload } = this.#deps;
    const { signal } = this.#stopped;
    while (inMemory(info.weights, backend.id)) {
      await this.#unlessStopped(unload(info.name, backend.id), signal);
      // What was on its way out already may take longer than the call.
      if (inMemory(info.weights, backend.id)) await sleep(clock, LOOK_AGAIN_MS, signal);
    }
  }

  /** A model that is deleted while it arrives is not wanted any more. */
  async #endPulls(modelName: string, backendId: BackendId | null): Promise<boolean> {
    const reason = new PullEndedError('The model was deleted while it was being pulled.');
    const places = backendId === null ? this.#deps.backends.map(({ id }) => id) : [backendId];
    const ended = await Promise.all(places.map((id) => this.#pulls.cancel(id, modelName, reason)));
    return ended.includes(true);
  }

  /** Every backend that has the model, of the one named or of all that answer. */
  async #find(modelName: string, backendId: BackendId | null): Promise<readonly Found[]> {
    const first = this.#reachable(backendId);
    const { answers, backends } = this.#deps;
    const asked = backendId === null ? backends.filter(({ id }) => answers(id)) : [first];
    const answered = await Promise.allSettled(
      asked.map(async (backend) => {
        const models = await this.#ask(backend, modelName, () => backend.library.list(this.#stopped.signal));
        const info = models.find((model) => model.name === canonicalModelName(modelName));
        return info ? [{ backend, info, models }] : [];
      }),
    );
    const failed = answered.find((one) => one.status === 'rejected');
    if (failed && answered.every((one) => one.status === 'rejected')) throw failed.reason;
    return answered.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  #notFound(name: string, backendId: BackendId | null): ModelNotFoundError {
    const { answers, backends, suggest } = this.#deps;
    const unheard = backends.filter(({ id }) => backendId === null && !answers(id));
    return new ModelNotFoundError(
      name,
      suggest(name),
      unheard.map((backend) => backend.name),
    );
  }

  /**
   * The backend of that id; for null the first that answers.
   * @param ability what it has to be able to do; null for nothing
   * @throws InvalidInputError, BackendUnavailableError
   */
  #reachable(backendId: BackendId | null, ability: Ability | null = null): LibraryBackend {
    this.#stopped.signal.throwIfAborted();
    const { answers, backends } = this.#deps;
    const wanted = backends.filter((backend) => backendId === null || backend.id === backendId);
    if (backendId !== null && wanted.length === 0) {
      const message = 'There is no backend with this id. The query `backends` lists them.';
      throw new InvalidInputError([{ path: ['backendId'], message }]);
    }
    const able = wanted.filter(({ capabilities }) => ability === null || capabilities[ability]);
    if (ability !== null && able.length === 0 && wanted.length > 0) throw unable(ability, wanted);
    const reachable = able.find(({ id }) => answers(id));
    if (reachable) return reachable;
    const [only] = able;
    throw new BackendUnavailableError(
      only && able.length === 1
        ? `${only.name} at ${only.url} does not answer. Start Ollama there, or correct the URL.`
        : 'No backend answers. The query `health` says what is wrong.',
      able.length === 1 && only ? only.id : null,
    );
  }

  /** Runs a call on a backend; what it fails with becomes something that the caller can act on. */
  async #ask<T>(backend: LibraryBackend, modelName: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      if (error.code === 'MODEL_NOT_FOUND')
        throw new ModelNotFoundError(modelName, this.#deps.suggest(modelName));
      if (error.code === 'REQUEST_REJECTED')
        throw new InvalidInputError([{ path: ['model'], message: error.message }]);
      throw new BackendUnavailableError(error.message, backend.id);
    }
  }

  /** A reading that fails now comes with the next poll. */
  async #refresh(backendId: BackendId, signal: AbortSignal): Promise<void> {
    try {
      await this.#unlessStopped(this.#deps.modelsChanged(backendId), signal);
    } catch (error) {
      if (!signal.aborted) this.#deps.logger.warn(`The models could not be read: ${messageOf(error)}`);
    }
  }

  /** @throws the signal's reason as soon as it aborts; what `work` does then is not waited for */
  async #unlessStopped(work: Promise<void>, signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** @throws InvalidInputError when the model is only where that cannot be done */
function thoseThat(ability: Ability, found: readonly Found[]): readonly Found[] {
  const able = found.filter(({ backend }) => backend.capabilities[ability]);
  if (able.length > 0 || found.length === 0) return able;
  throw unable(
    ability,
    found.map(({ backend }) => backend),
  );
}

function unable(ability: Ability, backends: readonly LibraryBackend[]): InvalidInputError {
  const names = backends.map(({ name }) => name).join(', ');
  const message = `${names} cannot ${ABILITIES[ability]}: which models are there is decided by whoever runs it.`;
  return new InvalidInputError([{ path: ['backendId'], message }]);
}

function destinationTaken(name: string, backend: LibraryBackend): InvalidInputError {
  const message = `${backend.name} has another model named ${name}. Delete it first, or choose another name.`;
  return new InvalidInputError([{ path: ['destination'], message }]);
}

function ambiguous(name: string, found: readonly Found[]): InvalidInputError {
  const places = found.map(({ backend }) => `${backend.name} (${backend.id})`).join(', ');
  const message = `${name} is on several backends: ${places}. Name the one to delete it from.`;
  return new InvalidInputError([{ path: ['backendId'], message }]);
}
