/** Fetches, makes, copies and deletes models on the backends' libraries, and tells of them. */
import type { Random } from '../clock.ts';
import { BackendUnavailableError, InvalidInputError, ModelNotFoundError } from '../domain/errors.ts';
import type { EventPublisher } from '../domain/events.ts';
import type { BackendId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ModelInfo } from '../domain/model.ts';
import { namedModel } from '../domain/model-names.ts';
import {
  EVERYWHERE,
  type LibraryPlace,
  type ModelOperations,
  type ModelPull,
  type ModelPullId,
  type RecordSink,
  SUCCESS,
} from '../domain/model-operations.ts';
import type { Logger } from '../telemetry/logger.ts';
import { LibraryAnswers, type LibraryAnswersDependencies } from './library-answers.ts';
import { LibraryMemory, type LibraryMemoryDependencies } from './library-memory.ts';
import {
  type Ability,
  type Found,
  type LibraryBackend,
  LibraryPlaces,
  type LibraryPlacesDependencies,
  thoseThat,
} from './library-places.ts';
import { checkModelName, checkPullName } from './model-names.ts';
import { ModelPulls } from './model-pulls.ts';
import { PullEndedError } from './pull-ended.ts';
import { ReplacedWeights } from './replaced-weights.ts';

export interface ModelOperationsDependencies
  extends LibraryPlacesDependencies,
    LibraryMemoryDependencies,
    LibraryAnswersDependencies {
  readonly events: EventPublisher;
  readonly random: Random;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

export class LibraryOperations implements ModelOperations {
  readonly #deps: ModelOperationsDependencies;
  readonly #pulls: ModelPulls;
  readonly #stopped = new AbortController();
  readonly #places: LibraryPlaces;
  readonly #memory: LibraryMemory;
  readonly #answers: LibraryAnswers;

  constructor(deps: ModelOperationsDependencies) {
    this.#deps = deps;
    const stopped = this.#stopped.signal;
    this.#places = new LibraryPlaces(deps, stopped);
    this.#memory = new LibraryMemory(deps, stopped);
    this.#answers = new LibraryAnswers(deps, this.#places, stopped);
    this.#pulls = new ModelPulls({
      ...deps,
      refresh: (id, signal) => this.#memory.refresh(id, signal),
      replaced: (backend, name) =>
        new ReplacedWeights(
          { ...deps, unload: (info) => this.#memory.unload(info, backend.id) },
          backend.id,
          name,
        ),
    });
  }

  async pull(modelName: string, backendId: BackendId | null): Promise<ModelPull> {
    const name = checkPullName(this.#deps.names, modelName, 'model');
    return this.#pulls.start(this.#places.reachable(backendId, 'canPull'), name);
  }

  findPull(id: ModelPullId): ModelPull | null {
    return this.#pulls.find(id);
  }

  cancelPull(id: ModelPullId): Promise<ModelPull | null> {
    return this.#pulls.cancelOne(
      id,
      new PullEndedError('Somebody cancelled it. What arrived is kept: the next pull goes on with it.'),
    );
  }

  pulls(): readonly ModelPull[] {
    return this.#pulls.all();
  }

  async followPull(
    modelName: string,
    insecure: boolean,
    onRecord: RecordSink,
    signal: AbortSignal,
  ): Promise<void> {
    const name = checkPullName(this.#deps.names, modelName, 'model');
    const [home, ...others] = this.#places.likely(name, 'canPull');
    const more = others.filter((backend) => this.#places.known(backend, name) !== undefined);
    for (const [index, backend] of [home, ...more].entries()) {
      // It is done when all have it.
      const told: RecordSink =
        index === more.length ? onRecord : (record) => void (record.status === SUCCESS || onRecord(record));
      await this.#places.ask(backend, name, () => this.#pulls.follow(backend, name, insecure, told, signal));
    }
  }

  async copy(source: string, destination: string, place: LibraryPlace, overwrite = false): Promise<void> {
    const from = checkModelName(this.#deps.names, source, 'source');
    const to = checkModelName(this.#deps.names, destination, 'destination');
    const found = thoseThat('canCopy', await this.#places.find(from, place));
    if (found.length === 0)
      await this.#notFound(from, place, 'canCopy', ({ library }, signal) => library.copy(from, to, signal));
    for (const each of place === EVERYWHERE ? found : found.slice(0, 1))
      await this.#copy(each, to, overwrite);
  }

  async delete(modelName: string, place: LibraryPlace): Promise<void> {
    const name = modelName.trim();
    const ended = await this.#endPulls(name, place);
    const found = thoseThat('canDelete', await this.#places.find(name, place));
    if (found.length > 1 && place !== EVERYWHERE) throw ambiguous(name, found);
    for (const each of found) await this.#delete(each);
    if (found.length === 0 && !ended)
      await this.#notFound(name, place, 'canDelete', ({ library }, signal) => library.delete(name, signal));
  }

  tags(): Promise<readonly JsonObject[]> {
    return this.#answers.tags();
  }

  show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    return this.#answers.show(request, signal);
  }

  async create(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    const name = nameIn(request);
    const hasFiles = Object.keys({ ...objectOf(request.files), ...objectOf(request.adapters) }).length > 0;
    const [backend] = hasFiles
      ? [this.#places.reachable(null, 'canCreate')]
      : this.#places.likely(String(request.from ?? ''), 'canCreate');
    const models = this.#deps.installed(backend.id);
    const before = this.#places.known(backend, name);
    let last: JsonObject | null = null;
    const work = () =>
      this.#places.ask(backend, name, () =>
        backend.library.create(
          request,
          (record) => {
            if (record.status === SUCCESS) last = record;
            else onRecord(record);
          },
          signal,
        ),
      );
    if (!before || this.#keepsWeights(request, before, backend))
      await this.#memory.whileChanging(backend.id, work);
    else await this.#memory.whileNameGoes(before, backend.id, models, work);
    this.#deps.logger.info(`${name} was made on ${backend.name}.`);
    if (last) onRecord(last);
  }

  async push(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    const name = nameIn(request);
    const [backend] = this.#places.likely(name, 'canCreate');
    await this.#places.ask(backend, name, () => backend.library.push(request, onRecord, signal));
  }

  hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    const backend = this.#places.reachable(null, 'canCreate');
    return this.#places.ask(backend, digest, () => backend.library.hasBlob(digest, signal));
  }

  putBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean> {
    const backend = this.#places.reachable(null, 'canCreate');
    const either = AbortSignal.any([signal, this.#stopped.signal]);
    return this.#places.ask(backend, digest, () => backend.library.putBlob(digest, bytes, either));
  }

  /** Ends downloads and what is being waited for; resolves when nothing is under way. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped.abort(new BackendUnavailableError('The server is stopping. Try again when it runs.', null));
    await this.#pulls.stop(
      new PullEndedError('The server was stopped. Pull again when it runs: what arrived is kept.'),
    );
  }

  async #copy({ backend, info, models }: Found, to: string, overwrite: boolean): Promise<void> {
    const there = namedModel(models, to, backend.names);
    const isOther = there !== undefined && there.digest !== info.digest;
    if (isOther && !overwrite) throw destinationTaken(to, backend);
    const work = () =>
      this.#places.ask(backend, info.name, () => backend.library.copy(info.name, to, this.#stopped.signal));
    if (isOther && there.weights !== info.weights)
      await this.#memory.whileNameGoes(there, backend.id, models, work);
    else await this.#memory.whileChanging(backend.id, work);
    this.#deps.logger.info(`${info.name} was copied to ${to} on ${backend.name}.`);
  }

  async #delete({ backend, info, models }: Found): Promise<void> {
    await this.#memory.whileNameGoes(info, backend.id, models, () =>
      this.#places.ask(backend, info.name, () => backend.library.delete(info.name, this.#stopped.signal)),
    );
    this.#deps.logger.info(`${info.name} was deleted on ${backend.name}.`);
  }

  /** Whether what is loaded of the model that is made anew stays what its name means. */
  #keepsWeights(request: JsonObject, before: ModelInfo, backend: LibraryBackend): boolean {
    if (request.files || request.adapters || request.quantize) return false;
    return this.#places.known(backend, String(request.from ?? ''))?.weights === before.weights;
  }

  /**
   * A backend is asked for what none was found to have all the same: it may know the name by another spelling, and its own words are the error's
   * cause.
   */
  async #notFound(
    name: string,
    place: LibraryPlace,
    ability: Ability,
    call: (backend: LibraryBackend, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const backend = this.#places.reachable(place === EVERYWHERE ? null : place, ability);
    try {
      await this.#places.ask(backend, name, () => call(backend, this.#stopped.signal));
    } catch (error) {
      const isMissing = error instanceof ModelNotFoundError || error instanceof InvalidInputError;
      throw isMissing ? this.#places.notFound(name, place, error) : error;
    }
    await this.#memory.refresh(backend.id, this.#stopped.signal);
  }

  /** A model that is deleted while it arrives is not wanted any more. */
  async #endPulls(modelName: string, place: LibraryPlace): Promise<boolean> {
    const reason = new PullEndedError('The model was deleted while it was being pulled.');
    const { backends } = this.#deps;
    const places = backends.filter(({ id }) => place === null || place === EVERYWHERE || place === id);
    const ended = await Promise.all(places.map((backend) => this.#pulls.cancel(backend, modelName, reason)));
    return ended.includes(true);
  }
}

/** The older field is still taken. */
function nameIn(request: JsonObject): string {
  return String(request.model || request.name || '');
}

function objectOf(value: unknown): object {
  return value !== null && typeof value === 'object' ? value : {};
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
