/** An Ollama that somebody else runs, as a backend. */
import type { Clock } from '../../clock.ts';
import type { Backend, BackendReading, InstanceHandle, LoadSpec, Resident } from '../../domain/backend.ts';
import { type BackendId, stableId } from '../../domain/ids.ts';
import { adoptedOptions, type Variant } from '../../domain/model.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ATTACHED_OLLAMA } from './capabilities.ts';
import { OllamaConnection } from './connection.ts';
import { Contention } from './contention.ts';
import { DEFAULT_DEADLINES, type Deadlines } from './deadlines.ts';
import { OllamaInstance } from './instance-handle.ts';
import type { KnownFacts } from './known-facts.ts';
import { emptyCall, load } from './load.ts';
import { OllamaModelLibrary } from './model-library.ts';
import { ollamaNames } from './model-names.ts';
import { residentWith } from './residents.ts';
import { type OllamaServer, residents } from './server.ts';
import { emptyAnswer, versionAnswer } from './wire.ts';

export interface OllamaBackendOptions {
  readonly name: string;
  /** May hold the credentials of a proxy. */
  readonly url: string;
  /** Sent with every request, such as the key that a proxy asks for. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'info' | 'warn'>;
  readonly deadlines?: Partial<Deadlines>;
  /** What is known of models by their digest already; default: nothing. */
  readonly known?: KnownFacts | undefined;
  /** A cancelled stream with at most so many tokens to go is read to its end; default 8, 0 breaks every one off. */
  readonly drainTokens?: number;
}

/** What Ollama gives a model that nobody asked to keep longer. Its API does not tell whether OLLAMA_KEEP_ALIVE says otherwise. */
const OLLAMA_KEEP_ALIVE = '5m';

/** Little of a load can be seen from outside, so it gets this many times what it should take. */
const LOAD_PATIENCE = 10;

/** An Ollama that somebody else runs. */
export function createOllamaBackend(options: OllamaBackendOptions): Backend {
  return new AttachedOllama(options);
}

class AttachedOllama implements Backend {
  readonly id: BackendId;
  readonly name: string;
  readonly mode = 'ATTACHED';
  readonly url: string;
  readonly capabilities = ATTACHED_OLLAMA;
  readonly names = ollamaNames;
  readonly library: OllamaModelLibrary;
  readonly #server: OllamaServer;
  readonly #contention = new Contention();
  /** What we loaded, and hold with an endless keep-alive. */
  readonly #held = new Set<Variant>();
  #stopping: Promise<void> | undefined;

  constructor(options: OllamaBackendOptions) {
    const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
    const { url, headers, clock, logger, known } = options;
    const connection = new OllamaConnection({ url, headers, clock, deadlines });
    this.id = stableId('bkd', options.name);
    this.name = options.name;
    this.url = connection.url;
    this.library = new OllamaModelLibrary({ connection, clock, deadlines, logger, known });
    this.#server = {
      connection,
      library: this.library,
      clock: options.clock,
      deadlines,
      drain: { tokens: options.drainTokens ?? 8, ms: deadlines.drainMs },
      logger: options.logger,
    };
  }

  async start(): Promise<void> {
    // Connections are made when they are needed: a server that is down now may come later.
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async inspect(signal: AbortSignal): Promise<BackendReading> {
    const { connection } = this.#server;
    const [{ version }, resident] = await Promise.all([
      connection.ask({ endpoint: '/api/version' }, versionAnswer, signal),
      residents(connection, signal),
    ]);
    const known = resident.map((one) => {
      const weights = this.library.weightsOf(one.digest);
      return weights === undefined ? one : { ...one, weights };
    });
    return { version, residents: known, host: null };
  }

  async load(spec: LoadSpec, signal: AbortSignal): Promise<InstanceHandle> {
    const { variant, resident } = await load(this.#server, spec, signal);
    this.#held.add(variant);
    this.#contention.watch(variant);
    const measured = resident && { sizeBytes: resident.sizeBytes, vramBytes: resident.vramBytes };
    return new OllamaInstance(this.#server, this.#contention, variant, measured, () =>
      this.#held.delete(variant),
    );
  }

  loadPatienceMs(expectedMs: number): number {
    return Math.max(this.#server.deadlines.loadStallMs, LOAD_PATIENCE * expectedMs);
  }

  adopt(resident: Resident, spec: LoadSpec): InstanceHandle {
    const options = adoptedOptions(spec.variant.options, resident.contextLength);
    const contextLength = resident.contextLength ?? spec.variant.contextLength;
    const variant = { ...spec.variant, contextLength, options };
    const measured = { sizeBytes: resident.sizeBytes, vramBytes: resident.vramBytes };
    // Somebody has put it in the place of what we loaded.
    if ([...this.#held].some(({ weights }) => weights === variant.weights)) this.#contention.watch(variant);
    // Nobody else will give it its keep-alive back.
    if (resident.ours) this.#held.add(variant);
    return new OllamaInstance(this.#server, this.#contention, variant, measured, () =>
      this.#held.delete(variant),
    );
  }

  async #stop(): Promise<void> {
    const { connection, clock, deadlines, logger } = this.#server;
    await connection.endWork();
    const farewell = new AbortController();
    const timer = clock.after(deadlines.farewellMs, () =>
      farewell.abort(new Error('The farewell took too long.')),
    );
    try {
      await this.#giveBack(farewell.signal);
    } catch (error) {
      logger?.info('Models that were loaded stay loaded until someone unloads them', {
        backend: this.name,
        err: error,
      });
    } finally {
      timer.cancel();
      await connection.close();
    }
  }

  /**
   * Gives what we hold the server's own keep-alive back, so that it goes when nobody uses it. Only to what is still there as we
   * loaded it: the same request would load what is gone, and reload what another client has loaded otherwise.
   */
  async #giveBack(signal: AbortSignal): Promise<void> {
    if (this.#held.size === 0) return;
    const { connection, library } = this.#server;
    const present = await residents(connection, signal);
    for (const variant of this.#held) {
      const resident = residentWith(present, variant, (digest) => library.weightsOf(digest));
      if (resident?.contextLength !== variant.contextLength) continue;
      await connection.ask(emptyCall(variant, OLLAMA_KEEP_ALIVE), emptyAnswer, signal);
    }
    this.#held.clear();
  }
}
