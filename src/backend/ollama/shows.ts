/**
 * Asks `/api/show` of models in the background. A slow server may take seconds for each: those that jobs wait for come first, and nobody waits for
 * the others.
 */
import { type Clock, sleep } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { OllamaConnection } from './connection.ts';
import type { KnownFacts } from './known-facts.ts';
import { ollamaNames } from './model-names.ts';
import { showFacts } from './show-facts.ts';
import { showAnswer, type TagsModel } from './wire.ts';

/** `/api/show` parses files on the server; more at once would only queue there. */
const AT_ONCE = 4;

export interface ShowsOptions {
  readonly connection: OllamaConnection;
  readonly clock: Clock;
  readonly known: KnownFacts;
  readonly logger: Pick<Logger, 'warn'> | undefined;
}

export class Shows {
  readonly #options: ShowsOptions;
  /** To be asked for, by digest. */
  #missing = new Map<string, TagsModel>();
  readonly #underWay = new Set<string>();
  #workers: Promise<void> | null = null;
  #preferred: ReadonlySet<string> = new Set();
  /** Digests whose facts could not be read, so that each is said once. */
  readonly #failed = new Set<string>();

  constructor(options: ShowsOptions) {
    this.#options = options;
  }

  prefer(modelNames: ReadonlySet<string>): void {
    this.#preferred = modelNames;
  }

  /** Whether it is still to be told; one that could not be read is not waited for, and is asked for again with each list. */
  isPending(digest: string): boolean {
    return this.#options.known.get(digest) === undefined && !this.#failed.has(digest);
  }

  /**
   * Asks for what is not known of these, and resolves when all are or after `patienceMs`; what is under way goes on.
   * @throws BackendError when the server is lost; or the signal's reason
   */
  async ask(models: readonly TagsModel[], patienceMs: number, signal: AbortSignal): Promise<void> {
    const { known, clock } = this.#options;
    const missing = models.filter(({ digest }) => known.get(digest) === undefined);
    if (missing.length === 0) return;
    const unasked = missing.filter(({ digest }) => !this.#underWay.has(digest));
    this.#missing = new Map(unasked.map((model) => [model.digest, model]));
    this.#workers ??= this.#work(signal).finally(() => {
      this.#workers = null;
    });
    // Whoever asked may have gone by the time it fails.
    this.#workers.catch(() => {});
    if (patienceMs === Number.POSITIVE_INFINITY) return this.#workers;
    const waited = new AbortController();
    const patience = sleep(clock, patienceMs, AbortSignal.any([signal, waited.signal])).catch(() => {});
    await Promise.race([this.#workers, patience]).finally(() => waited.abort());
    signal.throwIfAborted();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const worker = async () => {
      for (let next = this.#take(); next; next = this.#take()) await this.#show(next, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  #take(): TagsModel | undefined {
    const all = [...this.#missing.values()];
    const next = all.find(({ name }) => this.#preferred.has(ollamaNames.canonical(name))) ?? all[0];
    if (next) this.#missing.delete(next.digest);
    return next;
  }

  async #show({ name, digest }: TagsModel, signal: AbortSignal): Promise<void> {
    const { connection, known, logger } = this.#options;
    this.#underWay.add(digest);
    try {
      const call = { endpoint: '/api/show', body: { model: name } } as const;
      known.add(digest, showFacts(await connection.ask(call, showAnswer, signal)));
      this.#failed.delete(digest);
    } catch (error) {
      if (!(error instanceof BackendError) || error.code === 'BACKEND_UNREACHABLE') {
        this.#missing.clear();
        throw error;
      }
      if (!this.#failed.has(digest))
        logger?.warn('The facts of a model could not be read', { model: name, err: error });
      this.#failed.add(digest);
    } finally {
      this.#underWay.delete(digest);
    }
  }
}
