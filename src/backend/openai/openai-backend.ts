/** A server of OpenAI's API that somebody else runs, as a backend: llama.cpp's, vLLM, SGLang and others. */
import type { Clock } from '../../clock.ts';
import type {
  Backend,
  BackendChange,
  BackendReading,
  InstanceHandle,
  LoadSpec,
  Resident,
} from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import { type BackendId, stableId } from '../../domain/ids.ts';
import type { ModelInfo, Variant } from '../../domain/model.ts';
import { DEFAULT_DEADLINES, type Deadlines } from '../ollama/deadlines.ts';
import { runOn } from './calls.ts';
import { ATTACHED_OPENAI } from './capabilities.ts';
import { OpenAiConnection } from './connection.ts';
import { OpenAiModelLibrary } from './model-library.ts';
import { openAiNames } from './model-names.ts';
import { RefusedKey } from './refused-key.ts';

export interface OpenAiBackendOptions {
  readonly name: string;
  /** May hold the credentials of a proxy. */
  readonly url: string;
  /** Sent with every request, such as its key. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Requests of one model that are sent at once; null where the server tells. */
  readonly parallel: number | null;
  /** GPU memory that all of its models take together; null where the probe shows it as somebody else's. */
  readonly vramBytes: number | null;
  readonly clock: Clock;
  readonly deadlines?: Partial<Deadlines>;
}

/** Where neither the configuration nor the server says: what most of them start with. */
export const USUAL_PARALLEL = 4;

export function createOpenAiBackend(options: OpenAiBackendOptions): Backend {
  return new AttachedOpenAi(options);
}

class AttachedOpenAi implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly mode = 'ATTACHED';
  readonly url: string;
  readonly capabilities = ATTACHED_OPENAI;
  readonly names = openAiNames;
  readonly library: OpenAiModelLibrary;
  readonly #connection: OpenAiConnection;
  readonly #options: OpenAiBackendOptions;
  readonly #key: RefusedKey;
  readonly #listeners = new Set<(what: BackendChange) => void>();

  constructor(options: OpenAiBackendOptions) {
    const { name, url, headers, clock } = options;
    const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
    this.#options = options;
    this.#key = new RefusedKey(clock);
    this.#connection = new OpenAiConnection({ url, headers, clock, deadlines });
    this.id = stableId('bkd', name);
    this.name = name;
    this.url = this.#connection.url;
    this.library = new OpenAiModelLibrary(this.#connection);
  }

  async start(): Promise<void> {
    // Connections are made when they are needed: a server that is down now may come later.
  }

  async stop(): Promise<void> {
    await this.#connection.endWork();
    await this.#connection.close();
  }

  /** What it lists is what it has in memory. */
  async inspect(signal: AbortSignal): Promise<BackendReading> {
    const { server, models, loaded } = await this.library.look(signal);
    this.#key.check();
    const parallel = this.#options.parallel ?? server.slots ?? USUAL_PARALLEL;
    const share = Math.floor((this.#options.vramBytes ?? 0) / Math.max(1, loaded.size));
    const residents = models
      .filter(({ name }) => loaded.has(name))
      .map((model) => resident(model, share, parallel));
    return { version: server.version, residents, host: null };
  }

  async load({ variant }: LoadSpec): Promise<InstanceHandle> {
    throw new BackendError(
      'LOAD_FAILED',
      'none',
      `${variant.modelName} cannot be loaded on ${this.name}: its models are chosen where it is started.`,
    );
  }

  loadPatienceMs(): number {
    return 0;
  }

  onChange(listener: (what: BackendChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  adopt({ sizeBytes, vramBytes }: Resident, { variant }: LoadSpec): InstanceHandle {
    return this.#handle(variant, { sizeBytes, vramBytes });
  }

  #handle(variant: Variant, measured: InstanceHandle['measured']): InstanceHandle {
    const connection = this.#connection;
    const { clock } = this.#options;
    return {
      variant,
      measured,
      run: async (request, sink, signal) => {
        const reading = { connection, dialect: 'loose', clock, sink, signal } as const;
        try {
          const result = await runOn(request, variant.contextLength, reading);
          this.#key.over();
          return result;
        } catch (error) {
          if (this.#key.note(error)) for (const listener of this.#listeners) listener('service');
          throw error;
        }
      },
      unload: async () => {},
    };
  }
}

function resident(model: ModelInfo, vramBytes: number, parallel: number): Resident {
  return {
    modelName: model.name,
    digest: model.digest,
    weights: model.weights,
    contextLength: model.contextLength,
    sizeBytes: vramBytes,
    vramBytes,
    expiresAt: null,
    parallel,
    gpuKeys: null,
  };
}
