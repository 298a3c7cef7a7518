/** The models that an Ollama has: listed with their facts, pulled, made, copied and deleted. */
import type { ModelLibrary } from '../../domain/backend.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ModelInfo } from '../../domain/model.ts';
import type { PullProgress, RecordSink } from '../../domain/model-operations.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { hasBlob, putBlob } from './blobs.ts';
import type { OllamaConnection } from './connection.ts';
import { factsInMemory, type KnownFacts } from './known-facts.ts';
import { work } from './make-model.ts';
import { ollamaNames } from './model-names.ts';
import { type PullMeans, pull } from './pull.ts';
import { capabilitiesOf, type ShowFacts } from './show-facts.ts';
import { Shows } from './shows.ts';
import { isLocal, rawAnswer, rawTags, type TagsModel, tagsAnswer } from './wire.ts';

/** A fast server has told all by then; of a slow one what is known by then is usable. */
const PATIENCE_MS = 1_000;

export interface LibraryParts extends PullMeans {
  /** Of earlier runs, and of other libraries; default: of this one alone. */
  readonly known?: KnownFacts | undefined;
  readonly logger?: Pick<Logger, 'warn'> | undefined;
  /** Whether a list has to be whole. */
  readonly patient?: boolean;
}

/** The models of one Ollama. What `/api/show` tells is kept by manifest digest, so only new or changed models are asked about. */
export class OllamaModelLibrary implements ModelLibrary {
  readonly #connection: OllamaConnection;
  readonly #means: PullMeans;
  readonly #known: KnownFacts;
  readonly #shows: Shows;
  readonly #patienceMs: number;
  #models: readonly ModelInfo[] = [];
  /** By manifest digest, also of manifests that were replaced: what was loaded by them may be in memory still. */
  readonly #weights = new Map<string, string>();

  constructor(parts: LibraryParts) {
    const { connection, clock, logger, known = factsInMemory(), patient = false } = parts;
    this.#means = parts;
    this.#connection = connection;
    this.#known = known;
    this.#shows = new Shows({ connection, clock, known, logger });
    this.#patienceMs = patient ? Number.POSITIVE_INFINITY : PATIENCE_MS;
  }

  async list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    const tags = await this.#connection.ask({ endpoint: '/api/tags' }, tagsAnswer, signal);
    const local = (tags.models ?? []).filter(isLocal);
    await this.#shows.ask(local, this.#patienceMs, signal);
    this.#models = local.map((model) => ({
      ...modelInfo(model, this.#known.get(model.digest)),
      ...(this.#shows.isPending(model.digest) && { pending: true }),
    }));
    for (const { digest, weights, pending } of this.#models) if (!pending) this.#weights.set(digest, weights);
    return this.#models;
  }

  /** Their facts are asked for before those of others. */
  prefer(modelNames: ReadonlySet<string>): void {
    this.#shows.prefer(modelNames);
  }

  async tags(signal: AbortSignal): Promise<readonly JsonObject[]> {
    return (await this.#connection.ask({ endpoint: '/api/tags' }, rawTags, signal)).models ?? [];
  }

  show(request: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    return this.#connection.ask({ endpoint: '/api/show', body: request }, rawAnswer, signal);
  }

  pull(
    modelName: string,
    onProgress: (progress: PullProgress, record: JsonObject) => void,
    signal: AbortSignal,
    insecure = false,
  ): Promise<void> {
    return pull(this.#means, modelName, onProgress, signal, insecure);
  }

  push(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    return work(this.#means, '/api/push', request, onRecord, signal);
  }

  create(request: JsonObject, onRecord: RecordSink, signal: AbortSignal): Promise<void> {
    return work(this.#means, '/api/create', request, onRecord, signal);
  }

  hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    return hasBlob(this.#connection, digest, signal);
  }

  putBlob(digest: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<boolean> {
    return putBlob(this.#connection, digest, bytes, signal);
  }

  /** The copy shares the weights, and so an instance, with its source. */
  copy(source: string, destination: string, signal: AbortSignal): Promise<void> {
    return this.#connection.tell({ endpoint: '/api/copy', body: { source, destination } }, signal);
  }

  /** What is loaded of it stays in memory, and can then be unloaded by no name but another one of the same weights. */
  delete(modelName: string, signal: AbortSignal): Promise<void> {
    const call = { endpoint: '/api/delete', method: 'DELETE', body: { model: modelName } } as const;
    return this.#connection.tell(call, signal);
  }

  /** What is loaded for a manifest that any list had. */
  weightsOf(digest: string): string | undefined {
    return this.#weights.get(digest);
  }

  /** Whether a name means other weights, as of the last list. */
  meansOther(modelName: string, weights: string): boolean {
    return this.#models.some((model) => model.name === modelName && model.weights !== weights);
  }

  /** Every name by which these weights can be called, as of the last list. */
  namesOf(weights: string): readonly string[] {
    return this.#models.filter((model) => model.weights === weights).map((model) => model.name);
  }
}

/** Go writes nanoseconds and any offset; a server that tells nonsense tells nothing. */
function modified({ modified_at }: TagsModel): Pick<ModelInfo, 'modifiedAt'> {
  const at = Date.parse(modified_at ?? '');
  return Number.isNaN(at) ? {} : { modifiedAt: at };
}

function modelInfo(model: TagsModel, shown: ShowFacts | undefined): ModelInfo {
  return {
    name: ollamaNames.canonical(model.name),
    digest: model.digest,
    weights: shown?.weights ?? model.digest,
    diskBytes: model.size,
    ...modified(model),
    family: model.details.family || null,
    parameterSize: model.details.parameter_size || null,
    quantization: model.details.quantization_level || null,
    contextLength: shown?.contextLength ?? model.details.context_length ?? null,
    defaultContextLength: shown?.defaultContextLength ?? null,
    capabilities: shown?.capabilities ?? capabilitiesOf(model.capabilities ?? null) ?? [],
    facts: shown?.facts ?? null,
    ...(shown && Object.keys(shown.runnerOptions).length > 0 && { runnerOptions: shown.runnerOptions }),
  };
}
