/**
 * The way to the server: questions and what is live over one WebSocket, changes by HTTP. It is open as long as the page is, and opened again, with
 * growing pauses, whenever it is lost. Where the server does not know the key, both ways stay closed: another key takes another connection.
 */
import { type Client, createClient } from 'graphql-ws';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { after, now } from './clock.ts';
import { graphQLProblem, problemOf, ServerProblem } from './problems.ts';

export type Link =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  /** `since` in ms of this machine's time. */
  | { readonly status: 'lost'; readonly since: number }
  /** `known`: a key was given, and the server does not know it. */
  | { readonly status: 'refused'; readonly known: boolean };

export interface Sink<T> {
  next(value: T): void;
  failed(problem: Error): void;
  done?(): void;
}

const PATH = '/graphql';
const PING_MS = 10_000;
/** The longest that a server which is there takes to answer a ping. */
const PONG_MS = 5_000;
/** In characters, each of up to three bytes: the server takes 1 MiB. */
const LARGEST_MESSAGE = 300_000;
const LONGEST_PAUSE_MS = 3_000;
/** Its close codes for whom it does not let in. */
const REFUSALS: readonly number[] = [4401, 4403];

export class Connection {
  readonly #key: string | null;
  readonly #client: Client;
  #link: Link = { status: 'connecting' };
  readonly #listeners = new Set<() => void>();

  /** @param key null: none */
  constructor(key: string | null) {
    this.#key = key;
    this.#client = this.#open();
  }

  get link(): Link {
    return this.#link;
  }

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  close(): void {
    void this.#client.dispose();
  }

  /**
   * A question goes over the socket, which is open already; it waits while that is lost. A change goes by HTTP: it is done once, or fails. So
   * does what is too large for the socket, which would be closed by it.
   * @throws ServerProblem
   */
  ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    const isChange = /^\s*mutation\b/.test(document.toString());
    if (isChange || JSON.stringify(variables ?? {}).length > LARGEST_MESSAGE)
      return this.#post(document, variables);
    return new Promise((resolve, reject) => {
      const stop = this.follow(document, variables, { next: resolve, failed: reject });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** An image of the server, for who may see it. @throws ServerProblem */
  async image(path: string, signal: AbortSignal): Promise<Blob> {
    const response = await fetch(path, { headers: this.#authorization(), signal });
    if (!response.ok) throw new ServerProblem('NOT_FOUND', 'This image is not there any more.');
    return response.blob();
  }

  /** Hands in an image as it is. @returns its id @throws ServerProblem */
  async storeImage(image: Blob): Promise<string> {
    const response = await fetch('/images', {
      method: 'POST',
      headers: this.#authorization(),
      body: image,
    }).catch(() => {
      throw new ServerProblem('LOST', 'The server cannot be reached.');
    });
    if (response.status === 401) this.#refused();
    const { id, error, message } = await response.json().catch(() => ({}));
    if (response.ok && typeof id === 'string') return id;
    const told = message ?? error?.message ?? error;
    throw new ServerProblem(
      'IMAGE',
      typeof told === 'string' ? told : `The server answered ${response.status} to the image.`,
    );
  }

  #authorization(): Record<string, string> {
    return this.#key === null ? {} : { authorization: `Bearer ${this.#key}` };
  }

  async #post<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result> {
    const response = await fetch(PATH, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        'content-type': 'application/json',
        ...this.#authorization(),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
    }).catch(() => {
      throw new ServerProblem('LOST', 'The server cannot be reached.');
    });
    if (response.status === 401) this.#refused();
    const answer: unknown = await response.json().catch(() => null);
    const { data, errors } = (answer ?? {}) as { data?: Result; errors?: readonly unknown[] };
    if (errors?.length) throw graphQLProblem(errors);
    if (data === undefined || data === null)
      throw new ServerProblem('FAILED', `The server answered ${response.status} without data.`);
    return data;
  }

  /** @param variables may be changed until the stream is opened again: so it goes on where it was left. @returns what ends it */
  follow<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    sink: Sink<Result>,
  ): () => void {
    let ended = false;
    const stop = this.#client.subscribe<Result>(
      { query: document.toString(), variables: variables as Record<string, unknown> },
      {
        next: ({ data, errors }) => {
          if (ended) return;
          if (errors?.length) sink.failed(graphQLProblem(errors));
          else if (data) sink.next(data);
        },
        error: (error) => {
          // A socket that is closed for good has its own place in the page.
          if (!ended && !(error instanceof CloseEvent)) sink.failed(problemOf(error));
        },
        complete: () => {
          if (!ended) sink.done?.();
        },
      },
    );
    return () => {
      ended = true;
      stop();
    };
  }

  #open(): Client {
    let stopWaiting = () => {};
    const client: Client = createClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PATH}`,
      connectionParams: () => (this.#key === null ? {} : { authorization: `Bearer ${this.#key}` }),
      // Open as long as the page is: so it is known on every page whether the server is there.
      lazy: false,
      onNonLazyError: () => {},
      keepAlive: PING_MS,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: (retries) => pause(Math.min(LONGEST_PAUSE_MS, 200 * 2 ** retries)),
      shouldRetry: () => this.#link.status !== 'refused',
      on: {
        connected: () => {
          this.#become({ status: 'open' });
        },
        ping: (received) => {
          if (received) return;
          stopWaiting();
          stopWaiting = after(PONG_MS, () => client.terminate());
        },
        pong: (received) => {
          if (received) stopWaiting();
        },
        closed: (event) => {
          stopWaiting();
          const code = event instanceof CloseEvent ? event.code : 0;
          if (REFUSALS.includes(code)) this.#refused();
          // 1000 is our own goodbye.
          else if (code !== 1000 && this.#link.status !== 'refused' && this.#link.status !== 'lost')
            this.#become({ status: 'lost', since: now() });
        },
      },
    });
    return client;
  }

  #refused(): void {
    this.#become({ status: 'refused', known: this.#key !== null });
  }

  #become(link: Link): void {
    this.#link = link;
    for (const listener of this.#listeners) listener();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => after(ms, resolve));
