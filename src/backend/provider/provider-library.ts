/** The models of a provider, asked for seldom: whoever pays by the request is not to be read every second. */
import type { Clock } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import type { ModelInfo } from '../../domain/model.ts';
import type { OpenAiConnection } from '../openai/connection.ts';
import { ListedLibrary } from '../openai/listed-library.ts';
import { type NamedModel, type Offered, offerAnswer, offered } from './offer.ts';
import type { ProviderApi } from './provider-api.ts';

/** Between two looks at a provider that does well. */
export const LOOK_EVERY_MS = 5 * 60_000;
/** After a refusal that has come to stay, such as of its key, jobs are kept back so long; then one may try. */
export const TROUBLE_MS = 60_000;

/** A provider may list nothing. */
const NO_LIST: readonly (number | null | undefined)[] = [404, 405, 501];

export interface ProviderLibraryParts {
  readonly connection: OpenAiConnection;
  readonly api: ProviderApi;
  readonly named: Readonly<Record<string, NamedModel>> | null;
  readonly clock: Pick<Clock, 'monotonic'>;
}

export class ProviderLibrary extends ListedLibrary {
  protected readonly owner: string;
  protected readonly chosen = 'by the provider';
  readonly #parts: ProviderLibraryParts;
  #offered: ReadonlyMap<string, Offered> = new Map();
  #seenAt = Number.NEGATIVE_INFINITY;
  #trouble: { readonly error: BackendError; readonly until: number } | null = null;

  constructor(parts: ProviderLibraryParts) {
    super();
    this.owner = parts.connection.url;
    this.#parts = parts;
  }

  async list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    return [...(await this.look(signal)).values()].map(({ info }) => info);
  }

  /** What jobs can use now, by name; asked for where that was long ago. @throws BackendError, or the signal's reason */
  async look(signal: AbortSignal): Promise<ReadonlyMap<string, Offered>> {
    signal.throwIfAborted();
    const now = this.#parts.clock.monotonic();
    if (this.#trouble && now < this.#trouble.until) throw this.#trouble.error;
    this.#trouble = null;
    if (now - this.#seenAt < LOOK_EVERY_MS) return this.#offered;
    const { connection, api, named } = this.#parts;
    this.#offered = offered(await this.#list(signal), named, connection.url, api);
    this.#seenAt = this.#parts.clock.monotonic();
    return this.#offered;
  }

  /** As it was seen last. */
  find(name: string): Offered | null {
    return this.#offered.get(name) ?? null;
  }

  /** A request that was not done tells more than a list. Resolves with whether something has changed. */
  failed(error: unknown): boolean {
    if (!(error instanceof BackendError) || error.remedy !== 'wait') return false;
    this.#seenAt = Number.NEGATIVE_INFINITY;
    // Its list may be open to all, so that only requests show it.
    if (error.answer) this.#trouble = { error, until: this.#parts.clock.monotonic() + TROUBLE_MS };
    return true;
  }

  async #list(signal: AbortSignal) {
    const { connection, api, named } = this.#parts;
    try {
      return (await connection.get(api.listPath, offerAnswer, signal)).data;
    } catch (error) {
      const hasNone = error instanceof BackendError && NO_LIST.includes(error.answer?.status);
      if (hasNone && named) return [];
      throw error;
    }
  }
}
