import type { ModelLibrary } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { ModelInfo } from '../../domain/model.ts';
import type { PullProgress } from '../../domain/model-operations.ts';
import { canonicalModelName } from '../../domain/queue-key.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { OllamaConnection } from './connection.ts';
import { type PullMeans, pull } from './pull.ts';
import { capabilitiesOf, type ShowFacts, showFacts } from './show-facts.ts';
import { showAnswer, type TagsModel, tagsAnswer } from './wire.ts';

/** `/api/show` parses files on the server; more at once would only queue there. */
const SHOWS_AT_ONCE = 4;

/** The models of one Ollama. What `/api/show` tells is kept by manifest digest, so only new or changed models are asked about. */
export class OllamaModelLibrary implements ModelLibrary {
  readonly #connection: OllamaConnection;
  readonly #means: PullMeans;
  readonly #logger: Pick<Logger, 'warn'> | undefined;
  #shown: ReadonlyMap<string, ShowFacts> = new Map();
  #models: readonly ModelInfo[] = [];
  /** By manifest digest, also of manifests that were replaced: what was loaded by them may be in memory still. */
  readonly #weights = new Map<string, string>();
  /** Digests whose facts could not be read, so that each is said once. */
  readonly #failed = new Set<string>();

  constructor(means: PullMeans, logger: Pick<Logger, 'warn'> | undefined) {
    this.#means = means;
    this.#connection = means.connection;
    this.#logger = logger;
  }

  async list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    const tags = await this.#connection.ask({ endpoint: '/api/tags' }, tagsAnswer, signal);
    const local = (tags.models ?? []).filter(isLocal);
    const shown = await this.#show(local, signal);
    this.#shown = shown;
    this.#models = local.map((model) => modelInfo(model, shown.get(model.digest)));
    for (const { digest, weights } of this.#models) this.#weights.set(digest, weights);
    return this.#models;
  }

  pull(modelName: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void> {
    return pull(this.#means, modelName, onProgress, signal);
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

  async #show(models: readonly TagsModel[], signal: AbortSignal): Promise<Map<string, ShowFacts>> {
    const byDigest = new Map(models.map((model) => [model.digest, model]));
    const shown = new Map([...this.#shown].filter(([digest]) => byDigest.has(digest)));
    const missing = [...byDigest.values()].filter((model) => !shown.has(model.digest)).values();
    const worker = async () => {
      for (const model of missing) {
        const facts = await this.#showOne(model, signal);
        if (facts) shown.set(model.digest, facts);
      }
    };
    await Promise.all(Array.from({ length: SHOWS_AT_ONCE }, worker));
    return shown;
  }

  /** Null when this one model cannot be shown: the others are still worth listing, and it is asked about again next time. */
  async #showOne(model: TagsModel, signal: AbortSignal): Promise<ShowFacts | null> {
    try {
      const call = { endpoint: '/api/show', body: { model: model.name } } as const;
      return showFacts(await this.#connection.ask(call, showAnswer, signal));
    } catch (error) {
      if (!(error instanceof BackendError) || error.code === 'BACKEND_UNREACHABLE') throw error;
      if (!this.#failed.has(model.digest))
        this.#logger?.warn('The facts of a model could not be read', { model: model.name, err: error });
      this.#failed.add(model.digest);
      return null;
    }
  }
}

/** Models that run elsewhere use none of this host's memory. */
function isLocal(model: TagsModel): boolean {
  return !model.remote_host && !model.remote_model;
}

function modelInfo(model: TagsModel, shown: ShowFacts | undefined): ModelInfo {
  return {
    name: canonicalModelName(model.name),
    digest: model.digest,
    weights: shown?.weights ?? model.digest,
    diskBytes: model.size,
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
