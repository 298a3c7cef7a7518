/** Talks to a vramkeeper server: requests over HTTP, subscriptions over one WebSocket. */
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { RequestFailedError, ServerUnreachableError } from './errors.ts';
import type { TypedDocumentString } from './generated/graphql.ts';

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
  readonly #sockets: Client;
  /** The WebSocket is to be opened again. */
  #lost = false;

  constructor(options: ApiClientOptions) {
    this.url = options.url;
    this.graphqlUrl = new URL('graphql', `${options.url.replace(/\/+$/, '')}/`).href;
    this.#headers = {
      ...(options.client ? { 'x-client': options.client } : {}),
      ...(options.key ? { authorization: `Bearer ${options.key}` } : {}),
    };
    this.#sockets = socketClient(this.graphqlUrl.replace(/^http/, 'ws'), this.#headers, {
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

  /** @throws ServerUnreachableError, RequestFailedError */
  async request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    const response = await this.#post(JSON.stringify({ query: document.toString(), variables }), signal);
    const answer = await this.#readAnswer<Result>(response);
    if (answer.errors?.length)
      throw new RequestFailedError(answer.errors.map((error) => error.message).join(' '));
    if (!answer.data) throw new RequestFailedError(`The server at ${this.url} answered without data.`);
    return answer.data;
  }

  /**
   * Events until the server ends the stream, the reader stops or `signal` aborts. A lost connection is opened again and the stream started anew, so
   * that what comes first in a stream may come more than once.
   * @throws ServerUnreachableError, RequestFailedError
   */
  async *subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): AsyncGenerator<Result, void, void> {
    const events = this.#sockets.iterate<Result>({ query: document.toString(), variables });
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
    const closed = Promise.resolve(this.#sockets.dispose());
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
    const said = text.trim().slice(0, 200);
    throw new RequestFailedError(
      `The server at ${this.url} answered ${response.status}${said ? `: ${said}` : ''}. Is it a vramkeeper server?`,
    );
  }

  /** What graphql-ws throws is an error, a close event, or a list of GraphQL errors. */
  #explain(error: unknown): unknown {
    if (error instanceof RequestFailedError) return error;
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

function socketClient(
  url: string,
  headers: Readonly<Record<string, string>>,
  { onLost, onRegained }: Required<Pick<ApiClientOptions, 'onLost' | 'onRegained'>>,
): Client {
  // graphql-ws has no other way to give a socket headers.
  class SocketWithHeaders extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
    }
  }
  return createClient({
    url,
    webSocketImpl: SocketWithHeaders,
    // About two minutes of trying, by its own backoff.
    retryAttempts: 8,
    shouldRetry: () => true,
    on: {
      connected: (_socket, _payload, wasRetry) => {
        if (wasRetry) onRegained();
      },
      closed: (event) => {
        // 1000 is our own goodbye.
        if (!(event instanceof Object && 'code' in event && event.code === 1000)) onLost();
      },
    },
  });
}
