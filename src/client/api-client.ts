/** Talks to a vramkeeper server: requests over HTTP, subscriptions over one WebSocket. */
import { KeyRefusedError, RequestFailedError, ServerUnreachableError } from './errors.ts';
import { errorOf } from './foreign-answer.ts';
import type { TypedDocumentString } from './generated/graphql.ts';
import { type SocketClient, socketClient } from './socket-client.ts';

export interface ApiClientOptions {
  /** Of the server, without `/graphql`. */
  readonly url: string;
  /** Who asks, where the server lets callers say so. */
  readonly client?: string | undefined;
  readonly key?: string | undefined;
  /** The WebSocket was lost and is being opened again. */
  readonly onLost?: (() => void) | undefined;
  readonly onRegained?: (() => void) | undefined;
}

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string }[];
}

export class ApiClient {
  readonly url: string;
  readonly graphqlUrl: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hasKey: boolean;
  readonly #sockets: SocketClient;
  /** The server has answered at least once. */
  #known = false;
  /** The WebSocket is to be opened again. */
  #lost = false;

  constructor(options: ApiClientOptions) {
    this.url = options.url;
    this.graphqlUrl = new URL('graphql', `${options.url.replace(/\/+$/, '')}/`).href;
    this.#headers = {
      ...(options.client ? { 'x-client': options.client } : {}),
      ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
    };
    this.#hasKey = Boolean(options.key);
    this.#sockets = socketClient({
      serverUrl: this.url,
      url: this.graphqlUrl.replace(/^http/, 'ws'),
      headers: this.#headers,
      hasKey: this.#hasKey,
      isKnown: () => this.#known,
      onConnected: () => {
        this.#known = true;
      },
      onLost: () => {
        this.#lost = true;
        options.onLost?.();
      },
      onRegained: () => {
        this.#lost = false;
        options.onRegained?.();
      },
    });
  }

  /** @throws ServerUnreachableError, KeyRefusedError, RequestFailedError */
  async request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    const response = await this.#post(JSON.stringify({ query: document.toString(), variables }), signal);
    this.#known = true;
    const answer = await this.#readAnswer<Result>(response);
    if (response.status === 401) throw new KeyRefusedError(this.url, this.#hasKey);
    if (answer.errors?.length)
      throw new RequestFailedError(answer.errors.map((error) => error.message).join(' '));
    if (!answer.data) throw new RequestFailedError(`The server at ${this.url} answered without data.`);
    return answer.data;
  }

  /**
   * Events until the server ends the stream, the reader stops or `signal` aborts. A lost connection is opened again and the stream started anew, so
   * that what comes first in a stream may come more than once.
   * @param variables asked for anew at each start where they are a function: a stream that can be resumed says there where it was
   * @throws ServerUnreachableError, KeyRefusedError, RequestFailedError
   */
  async *subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables | (() => Variables),
    signal?: AbortSignal,
  ): AsyncGenerator<Result, void, void> {
    const events = this.#sockets.client.iterate<Result>({
      query: document.toString(),
      // The library writes the request again for each start.
      get variables() {
        return typeof variables === 'function' ? variables() : variables;
      },
    });
    try {
      for (;;) {
        const { value, done } = await nextUnlessAborted(events, signal);
        if (done) return;
        const { data, errors } = value;
        if (errors?.length) throw new RequestFailedError(errors.map((error) => error.message).join(' '));
        if (data) yield data;
      }
    } catch (error) {
      throw this.#explain(error);
    } finally {
      void events.return?.();
    }
  }

  async close(): Promise<void> {
    const closed = Promise.resolve(this.#sockets.client.dispose());
    // The library ends a pause between two tries only when it is over; nothing is left to be closed then.
    if (this.#lost) closed.catch(() => {});
    else await closed;
  }

  async #post(body: string, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await fetch(this.graphqlUrl, {
        method: 'POST',
        headers: {
          ...this.#headers,
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
        },
        body,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ServerUnreachableError(this.url, error);
    }
  }

  async #readAnswer<Result>(response: Response): Promise<Answer<Result>> {
    const text = await response.text();
    try {
      const answer: unknown = JSON.parse(text);
      if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
        return answer as Answer<Result>;
    } catch {
      // Not JSON: said below.
    }
    const contentType = response.headers.get('content-type') ?? '';
    throw errorOf({ url: this.url, status: response.status, contentType, text }, this.#hasKey);
  }

  /** What graphql-ws throws is an error, a close event, or a list of GraphQL errors. */
  #explain(error: unknown): unknown {
    if (error instanceof RequestFailedError || error instanceof KeyRefusedError) return error;
    const refusal = this.#sockets.refusal();
    if (refusal) return refusal;
    if (Array.isArray(error)) return new RequestFailedError(error.map((one) => one.message).join(' '));
    return new ServerUnreachableError(this.url, error);
  }
}

/** A reader that waits for the next event, or for a connection, cannot stop by itself. */
function nextUnlessAborted<T>(
  events: AsyncIterableIterator<T>,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<T>>();
  const stop = () => resolve({ done: true, value: undefined });
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  void events
    .next()
    .then(resolve, reject)
    .finally(() => signal?.removeEventListener('abort', stop));
  return promise;
}
