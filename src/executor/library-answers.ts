/** What the backends tell of their models, as one library: nobody waits for one that does not answer. */
import { type Clock, sleep } from '../clock.ts';
import { BackendUnavailableError, ModelNotFoundError } from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ModelNameRule } from '../domain/model-names.ts';
import type { LibraryBackend, LibraryPlaces } from './library-places.ts';

/** A backend that has not told by then is taken at what it told last. */
const PATIENCE_MS = 2_000;

export interface LibraryAnswersDependencies {
  readonly backends: readonly LibraryBackend[];
  readonly answers: (backendId: BackendId) => boolean;
  readonly clock: Clock;
}

export class LibraryAnswers {
  readonly #deps: LibraryAnswersDependencies;
  readonly #places: LibraryPlaces;
  readonly #stopped: AbortSignal;
  readonly #last = new Map<BackendId, readonly JsonObject[]>();

  constructor(deps: LibraryAnswersDependencies, places: LibraryPlaces, stopped: AbortSignal) {
    this.#deps = deps;
    this.#places = places;
    this.#stopped = stopped;
  }

  /** Each name once, newest first. @throws BackendUnavailableError when no backend has ever told */
  async tags(): Promise<readonly JsonObject[]> {
    const { backends } = this.#deps;
    const lists = await Promise.all(backends.map((backend) => this.#tagsOf(backend)));
    const told = backends.flatMap(({ names }, i) => {
      const entries = lists[i];
      return entries ? [{ names, entries }] : [];
    });
    // None is reachable, which says why.
    if (told.length === 0) this.#places.reachable(null);
    const [only, ...others] = told;
    return only && others.length === 0 ? only.entries : united(told);
  }

  /** @throws ModelNotFoundError, BackendUnavailableError, InvalidInputError */
  async show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const name = String(request.model ?? '');
    let unavailable: BackendUnavailableError | null = null;
    let missing: ModelNotFoundError | null = null;
    for (const backend of this.#places.likely(name)) {
      try {
        return await this.#places.ask(backend, name, () => backend.library.show(request, signal));
      } catch (error) {
        if (error instanceof ModelNotFoundError) missing ??= error;
        // One that has it and cannot tell is the answer, where no other can.
        else if (!(error instanceof BackendUnavailableError)) throw error;
        else if (this.#places.known(backend, name) !== undefined || !missing) unavailable ??= error;
      }
    }
    throw unavailable ?? this.#places.notFound(name, null, missing ?? undefined);
  }

  async #tagsOf(backend: LibraryBackend): Promise<readonly JsonObject[] | undefined> {
    if (!this.#deps.answers(backend.id)) return this.#last.get(backend.id);
    const done = new AbortController();
    const asked = backend.library
      .tags(AbortSignal.any([this.#stopped, done.signal]))
      .then((list) => void this.#last.set(backend.id, list))
      .catch(() => {});
    const patience = sleep(this.#deps.clock, PATIENCE_MS, done.signal).catch(() => {});
    await Promise.race([asked, patience]);
    done.abort(new BackendUnavailableError('It takes too long.', backend.id));
    return this.#last.get(backend.id);
  }
}

/** As Ollama orders its list. */
function united(
  lists: readonly { readonly names: ModelNameRule; readonly entries: readonly JsonObject[] }[],
): readonly JsonObject[] {
  const byName = new Map<string, JsonObject>();
  for (const { names, entries } of lists) {
    for (const entry of entries) {
      const name = names.canonical(String(entry.name));
      if (!byName.has(name)) byName.set(name, entry);
    }
  }
  const modifiedAt = (entry: JsonObject) => Date.parse(String(entry.modified_at)) || 0;
  return [...byName.values()].sort((a, b) => modifiedAt(b) - modifiedAt(a));
}
