/** Which backend a call on a library goes to, and what its failure means to whoever asked. */
import type { Backend, BackendCapabilities } from '../domain/backend.ts';
import {
  BackendError,
  BackendUnavailableError,
  InvalidInputError,
  ModelNotFoundError,
} from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { ModelInfo } from '../domain/model.ts';
import { type ModelNames, namedModel } from '../domain/model-names.ts';
import { EVERYWHERE, type LibraryPlace } from '../domain/model-operations.ts';

/** As much of a backend as this is about. */
export type LibraryBackend = Pick<Backend, 'id' | 'name' | 'names' | 'url' | 'library' | 'capabilities'>;

export interface LibraryPlacesDependencies {
  /** In the order of the configuration. */
  readonly backends: readonly LibraryBackend[];
  /** Whether the backend answered lately, or nobody has looked yet. */
  readonly answers: (backendId: BackendId) => boolean;
  readonly names: Pick<ModelNames, 'isName' | 'suggest'>;
  /** Every model that the backend was last known to have. */
  readonly installed: (backendId: BackendId) => readonly ModelInfo[];
}

/** A model where it was found. */
export interface Found {
  readonly backend: LibraryBackend;
  readonly info: ModelInfo;
  /** Everything that the backend has. */
  readonly models: readonly ModelInfo[];
}

/** What can be done to a model of a library, and how that is called for people. */
const ABILITIES = {
  canPull: 'fetch models',
  canCreate: 'make or push models',
  canCopy: 'give models another name',
  canDelete: 'delete models',
} as const satisfies Partial<Record<keyof BackendCapabilities, string>>;
export type Ability = keyof typeof ABILITIES;

export class LibraryPlaces {
  readonly #deps: LibraryPlacesDependencies;
  readonly #stopped: AbortSignal;

  /** @param stopped aborts when nothing is to be asked any more, with why */
  constructor(deps: LibraryPlacesDependencies, stopped: AbortSignal) {
    this.#deps = deps;
    this.#stopped = stopped;
  }

  /**
   * Of those that answer and are able, the ones that were last known to have the model come first; each in the order of the configuration.
   * @throws InvalidInputError when none is able, BackendUnavailableError
   */
  likely(modelName: string, ability: Ability | null = null): readonly [LibraryBackend, ...LibraryBackend[]] {
    const first = this.reachable(null, ability);
    const { answers, backends } = this.#deps;
    const [has = [], hasNot = []] = partition(
      backends.filter((backend) => answers(backend.id) && isAble(backend, ability)),
      (backend) => this.known(backend, modelName) !== undefined,
    );
    const [best = first, ...others] = [...has, ...hasNot];
    return [best, ...others];
  }

  /** What was last known of a model on a backend. */
  known({ id, names }: LibraryBackend, modelName: string): ModelInfo | undefined {
    return namedModel(this.#deps.installed(id), modelName, names);
  }

  /** Every backend that has the model, of the one named or of all that answer. */
  async find(modelName: string, place: LibraryPlace): Promise<readonly Found[]> {
    const backendId = place === EVERYWHERE ? null : place;
    const first = this.reachable(backendId);
    const { answers, backends } = this.#deps;
    const asked = backendId === null ? backends.filter(({ id }) => answers(id)) : [first];
    const answered = await Promise.allSettled(
      asked.map(async (backend) => {
        const models = await this.ask(backend, modelName, () => backend.library.list(this.#stopped));
        const info = namedModel(models, modelName, backend.names);
        return info ? [{ backend, info, models }] : [];
      }),
    );
    const failed = answered.find((one) => one.status === 'rejected');
    if (failed && answered.every((one) => one.status === 'rejected')) throw failed.reason;
    return answered.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  }

  /**
   * The backend of that id; for null the first that answers.
   * @param ability what it has to be able to do; null for nothing
   * @throws InvalidInputError, BackendUnavailableError
   */
  reachable(backendId: BackendId | null, ability: Ability | null = null): LibraryBackend {
    this.#stopped.throwIfAborted();
    const { answers, backends } = this.#deps;
    const wanted = backends.filter((backend) => backendId === null || backend.id === backendId);
    if (backendId !== null && wanted.length === 0) {
      const message = 'There is no backend with this id. The query `backends` lists them.';
      throw new InvalidInputError([{ path: ['backendId'], message }]);
    }
    const able = wanted.filter((backend) => isAble(backend, ability));
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

  /** @param cause what a backend said of it */
  notFound(name: string, place: LibraryPlace, cause?: unknown): ModelNotFoundError {
    const { answers, backends, names } = this.#deps;
    const everywhere = place === null || place === EVERYWHERE;
    const unheard = backends.filter(({ id }) => everywhere && !answers(id));
    return new ModelNotFoundError(
      name,
      names.suggest(name),
      unheard.map((backend) => backend.name),
      { cause },
    );
  }

  /** Runs a call on a backend; what it fails with becomes something that the caller can act on. */
  async ask<T>(backend: LibraryBackend, modelName: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      const cause = { cause: error };
      if (error.code === 'MODEL_NOT_FOUND')
        throw new ModelNotFoundError(modelName, this.#deps.names.suggest(modelName), [], cause);
      if (error.code === 'REQUEST_REJECTED')
        throw new InvalidInputError([{ path: ['model'], message: error.message }], cause);
      throw new BackendUnavailableError(error.message, backend.id, cause);
    }
  }
}

/** @throws InvalidInputError when the model is only where that cannot be done */
export function thoseThat(ability: Ability, found: readonly Found[]): readonly Found[] {
  const able = found.filter(({ backend }) => isAble(backend, ability));
  if (able.length > 0 || found.length === 0) return able;
  throw unable(
    ability,
    found.map(({ backend }) => backend),
  );
}

function isAble({ capabilities }: LibraryBackend, ability: Ability | null): boolean {
  return ability === null || capabilities[ability];
}

function unable(ability: Ability, backends: readonly LibraryBackend[]): InvalidInputError {
  const names = backends.map(({ name }) => name).join(', ');
  const message = `${names} cannot ${ABILITIES[ability]}: which models are there is decided by whoever runs it.`;
  return new InvalidInputError([{ path: ['backendId'], message }]);
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly T[][] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
