/** A company's models, paid for by the token, as a backend: always there, of no size, and as fast as the account is allowed to ask. */
import type { Clock } from '../../clock.ts';
import type {
  Backend,
  BackendChange,
  BackendReading,
  InstanceHandle,
  LoadSpec,
  OutputSink,
  Resident,
  RunRequest,
} from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import { type BackendId, stableId } from '../../domain/ids.ts';
import type { JobResult } from '../../domain/job.ts';
import type { ModelInfo } from '../../domain/model.ts';
import { costOf, type Price } from '../../domain/price.ts';
import { DEFAULT_DEADLINES, type Deadlines } from '../ollama/deadlines.ts';
import { OpenAiConnection } from '../openai/connection.ts';
import { openAiNames } from '../openai/model-names.ts';
import { anthropicApi } from './anthropic/anthropic-api.ts';
import { PROVIDER } from './capabilities.ts';
import type { NamedModel } from './offer.ts';
import { openAiApi } from './openai-api.ts';
import type { ProviderApi } from './provider-api.ts';
import { ProviderLibrary } from './provider-library.ts';
import { Turns } from './turns.ts';

export interface ProviderBackendOptions {
  readonly name: string;
  /** As its clients are given it: `/chat/completions`, or `/messages`, stands behind it. A bare host stands for its `/v1`. */
  readonly url: string;
  /** Sent with every request, such as its key. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly api: keyof typeof APIS;
  /** Requests at once, of all models together. */
  readonly concurrency: number;
  /** Null: as many as it bears. */
  readonly requestsPerMinute: number | null;
  /** By the names that jobs use; null: all that it lists. */
  readonly models: Readonly<Record<string, NamedModel>> | null;
  readonly clock: Clock;
  readonly deadlines?: Partial<Deadlines>;
}

export const APIS = {
  openai: openAiApi,
  anthropic: anthropicApi,
} as const satisfies Readonly<Record<string, (clock: Clock) => ProviderApi>>;

/** How long nothing is sent after a refusal that names no time. */
const USUAL_PAUSE_MS = 1_000;

export function createProviderBackend(options: ProviderBackendOptions): Backend {
  return new Provider(options);
}

class Provider implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly mode = 'ATTACHED';
  readonly url: string;
  readonly capabilities = PROVIDER;
  readonly names = openAiNames;
  readonly library: ProviderLibrary;
  readonly #api: ProviderApi;
  readonly #connection: OpenAiConnection;
  readonly #turns: Turns;
  readonly #concurrency: number;
  readonly #listeners = new Set<(what: BackendChange) => void>();

  constructor(options: ProviderBackendOptions) {
    const { name, url, headers, concurrency, requestsPerMinute, models, clock } = options;
    this.#api = APIS[options.api](clock);
    this.#turns = new Turns({ concurrency, requestsPerMinute }, clock);
    this.#connection = new OpenAiConnection({
      url,
      headers: { ...this.#api.headers, ...headers },
      clock,
      deadlines: { ...DEFAULT_DEADLINES, ...options.deadlines },
      manner: this.#api.manner,
      isRoot: true,
      turn: (signal) => this.#turns.take(signal),
    });
    this.#concurrency = concurrency;
    this.id = stableId('bkd', name);
    this.name = name;
    this.url = this.#connection.url;
    this.library = new ProviderLibrary({
      connection: this.#connection,
      api: this.#api,
      named: models,
      clock,
    });
  }

  async start(): Promise<void> {
    // Connections are made when they are needed.
  }

  async stop(): Promise<void> {
    this.#turns.stop();
    await this.#connection.endWork();
    await this.#connection.close();
  }

  async inspect(signal: AbortSignal): Promise<BackendReading> {
    const models = [...(await this.library.look(signal)).values()];
    const residents = models.map(({ info }) => resident(info, this.#concurrency));
    return { version: this.#api.version, residents, host: null };
  }

  async load({ variant }: LoadSpec): Promise<InstanceHandle> {
    const message = `${variant.modelName} cannot be loaded on ${this.name}: what a provider offers is always there.`;
    throw new BackendError('LOAD_FAILED', 'none', message);
  }

  loadPatienceMs(): number {
    return 0;
  }

  onChange(listener: (what: BackendChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  adopt({ sizeBytes, vramBytes }: Resident, { variant }: LoadSpec): InstanceHandle {
    return {
      variant,
      measured: { sizeBytes, vramBytes },
      run: (run, sink, signal) => this.#run(run, variant.contextLength, sink, signal),
      unload: async () => {},
    };
  }

  async #run(
    run: RunRequest,
    contextLength: number,
    sink: OutputSink,
    signal: AbortSignal,
  ): Promise<JobResult> {
    const offer = this.library.find(openAiNames.canonical(run.modelName));
    const modelName = offer?.model ?? run.modelName;
    const parts = { connection: this.#connection, contextLength, maxTokens: offer?.maxTokens ?? null };
    try {
      const result = await this.#api.run({ ...run, modelName }, { ...parts, sink, signal });
      return withCost(result, offer?.price ?? null);
    } catch (error) {
      if (!signal.aborted) this.#heed(error);
      throw error;
    }
  }

  /** What it says to one request is meant for all of them. */
  #heed(error: unknown): void {
    if (error instanceof BackendError && error.remedy === 'busy')
      this.#turns.pause(error.retryAfterMs ?? USUAL_PAUSE_MS);
    if (this.library.failed(error)) for (const listener of this.#listeners) listener('service');
  }
}

function withCost(result: JobResult, price: Price | null): JobResult {
  if (!price) return result;
  return { ...result, usage: { ...result.usage, cost: costOf(result.usage, price) } };
}

function resident(model: ModelInfo, parallel: number): Resident {
  return {
    modelName: model.name,
    digest: model.digest,
    weights: model.weights,
    contextLength: model.contextLength,
    sizeBytes: 0,
    vramBytes: 0,
    expiresAt: null,
    parallel,
    gpuKeys: null,
  };
}
