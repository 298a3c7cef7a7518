/** HTTP to one server of OpenAI's API, or of one like it. Work has connections of its own, so that it never keeps a reading waiting. */
import { createParser } from 'eventsource-parser';
import { type Dispatcher, Pool } from 'undici';
import { z } from 'zod';
import { type Clock, wallNow } from '../../clock.ts';
import { stringifyDeep, withDeepJson } from '../../domain/deep-json.ts';
import { BackendError, StalledError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { readStart, readText } from '../ollama/answer-bytes.ts';
import type { Deadlines } from '../ollama/deadlines.ts';
import { retryAfter } from '../ollama/retry-after.ts';
import { StallWatch } from '../ollama/stall-watch.ts';
import { type Product, transportError } from '../ollama/transport-error.ts';
import { type Refused, refusal } from './errors.ts';
import { withoutSecrets } from './without-secrets.ts';

const LARGEST_ANSWER_BYTES = 64 * 1024 ** 2;
/** Of a streamed answer: a tool call may come as one event. */
const LONGEST_EVENT = 16 * 1024 ** 2;
const DONE = '[DONE]';

/** How a server is spoken of, and what it means when it refuses. */
export interface Manner {
  readonly api: string;
  readonly product: Product;
  refusal(refused: Refused): BackendError;
}

const SERVER: Manner = {
  api: "OpenAI's API",
  product: { name: 'The server', start: 'Start the server there' },
  refusal,
};

export interface ConnectionOptions {
  /** With the path before `/v1`, if any; may hold the credentials of a proxy. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Absent: that of a server of OpenAI's API. */
  readonly manner?: Manner;
  /** The path of the URL stands for `/v1`, whatever it is. Absent: it comes before `/v1`. */
  readonly isRoot?: boolean;
  /** Waits until work may be sent; what it resolves with is called when its answer is over. Absent: at once. */
  readonly turn?: (signal: AbortSignal) => Promise<() => void>;
}

export class OpenAiConnection {
  /** Without credentials, for people. */
  readonly url: string;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #control: Pool;
  readonly #work: Pool;
  readonly #base: string;
  /** What stands for `/v1`. */
  readonly #root: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #manner: Manner;
  readonly #turn: (signal: AbortSignal) => Promise<() => void>;

  constructor({ url, headers, clock, deadlines, manner, isRoot = false, turn }: ConnectionOptions) {
    const parsed = new URL(url);
    const path = parsed.pathname.replace(/\/+$/, '');
    // Some people name the server with its `/v1`, as clients of OpenAI's API do.
    this.#base = isRoot ? path : path.replace(/\/v1$/, '');
    this.#root = isRoot && path !== '' ? path : `${this.#base}/v1`;
    this.url = parsed.origin + this.#base;
    this.#manner = manner ?? SERVER;
    this.#turn = turn ?? (async () => () => {});
    const credentials = parsed.username
      ? `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`
      : null;
    this.#headers = {
      'content-type': 'application/json',
      ...(credentials && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
      ...headers,
    };
    this.#clock = clock;
    this.#deadlines = deadlines;
    const options: Pool.Options = {
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: deadlines.connectMs,
      connect: { keepAlive: true, keepAliveInitialDelay: 30_000 },
      allowH2: false,
    };
    this.#control = new Pool(parsed.origin, options);
    this.#work = new Pool(parsed.origin, options);
  }

  /** A short question. @throws BackendError, or the signal's reason */
  async get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const { controlMs } = this.#deadlines;
    using watch = new StallWatch(this.#clock, controlMs, () => this.#late(path, controlMs));
    return await this.#read(this.#control, path, null, schema, AbortSignal.any([signal, watch.signal]));
  }

  /** Sends a request with nothing in it, which nobody can take for work. @throws BackendError for how it was refused, or the signal's reason */
  async probe(path: string, signal: AbortSignal): Promise<void> {
    const { controlMs } = this.#deadlines;
    using watch = new StallWatch(this.#clock, controlMs, () => this.#late(path, controlMs));
    await this.#read(this.#control, path, {}, z.unknown(), AbortSignal.any([signal, watch.signal]));
  }

  /** Tells the server to do something that takes a while and answers nothing of use. @throws BackendError, or the signal's reason */
  async command(path: string, signal: AbortSignal): Promise<void> {
    using watch = new StallWatch(this.#clock, this.#deadlines.firstByteMs, () => this.#stalled(path));
    const either = AbortSignal.any([signal, watch.signal]);
    try {
      const answer = await this.#request(this.#control, path, {}, either);
      await answer.body.dump();
    } catch (error) {
      throw either.aborted ? either.reason : transportError(error, this.url, this.#manner.product);
    }
  }

  /** Work whose answer comes as one. @throws BackendError, or the signal's reason */
  async post<T>(path: string, body: JsonObject, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const done = await this.#turn(signal);
    try {
      using watch = new StallWatch(this.#clock, this.#deadlines.firstByteMs, () => this.#stalled(path));
      return await this.#read(this.#work, path, body, schema, AbortSignal.any([signal, watch.signal]));
    } finally {
      done();
    }
  }

  /** The events of a streamed answer, each as JSON. @throws BackendError, or the signal's reason */
  async *stream(path: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<JsonObject, void, void> {
    const done = await this.#turn(signal);
    try {
      yield* this.#events(path, body, signal);
    } finally {
      done();
    }
  }

  async *#events(
    path: string,
    body: JsonObject,
    signal: AbortSignal,
  ): AsyncGenerator<JsonObject, void, void> {
    const { firstByteMs, betweenChunksMs } = this.#deadlines;
    using watch = new StallWatch(this.#clock, firstByteMs, () => this.#stalled(path));
    const either = AbortSignal.any([signal, watch.signal]);
    const texts: string[] = [];
    let isOver = false;
    let broken: Error | null = null;
    const parser = createParser({
      onEvent: ({ data }) => {
        // Only events are signs of life: a proxy may send comments for an engine that hangs.
        watch.touch(betweenChunksMs);
        if (data === DONE) isOver = true;
        else if (!isOver) texts.push(data);
      },
      // Fields that nobody knows are nothing to fail for; a text without an end is.
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') broken = error;
      },
      maxBufferSize: LONGEST_EVENT,
    });
    const utf8 = new TextDecoder();
    try {
      const answer = await this.#request(this.#work, path, body, either);
      for await (const bytes of answer.body as AsyncIterable<Uint8Array>) {
        parser.feed(utf8.decode(bytes, { stream: true }));
        if (broken) throw this.#strange(path, '', broken);
        for (const text of texts.splice(0)) yield this.#event(path, text);
        if (isOver) return;
      }
    } catch (error) {
      throw either.aborted ? either.reason : transportError(error, this.url, this.#manner.product);
    }
  }

  /** Breaks off work; questions still work. */
  async endWork(): Promise<void> {
    await this.#work.destroy();
  }

  async close(): Promise<void> {
    await Promise.all([this.#work.destroy(), this.#control.destroy()]);
  }

  async #read<T>(
    pool: Pool,
    path: string,
    body: JsonObject | null,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      const answer = await this.#request(pool, path, body, signal);
      const text = await readText(answer.body, LARGEST_ANSWER_BYTES);
      const parsed = schema.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      throw this.#strange(path, body === null ? text : '', parsed.error);
    } catch (error) {
      throw signal.aborted ? signal.reason : transportError(error, this.url, this.#manner.product);
    }
  }

  /** Resolves with an answer that says that it is done, or being done. */
  async #request(
    pool: Pool,
    path: string,
    body: JsonObject | null,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const answer = await pool.request({
      path: path.startsWith('/v1/') ? this.#root + path.slice(3) : this.#base + path,
      method: body === null ? 'GET' : 'POST',
      headers: this.#headers,
      body: body && stringifyDeep(withDeepJson(body)),
      signal,
    });
    if (answer.statusCode === 200) return answer;
    throw this.#refusal({
      path,
      status: answer.statusCode,
      body: await readStart(answer.body),
      retryAfterMs: retryAfter(answer.headers['retry-after'], wallNow(this.#clock)),
    });
  }

  #event(path: string, text: string): JsonObject {
    const value = parseJson(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) throw this.#strange(path, '');
    if ('error' in value && value.error) throw this.#refusal({ path, status: null, body: text });
    return value as JsonObject;
  }

  /** Some servers quote the key that they refuse. */
  #refusal({ body, ...refused }: Omit<Refused, 'url'>): BackendError {
    return this.#manner.refusal({
      ...refused,
      url: this.url,
      body: withoutSecrets(body, Object.values(this.#headers)),
    });
  }

  #late(path: string, limitMs: number): BackendError {
    return new BackendError(
      'BACKEND_ERROR',
      'wait',
      `${this.url} did not answer ${path} within ${limitMs} ms. It may be busy.`,
    );
  }

  #stalled(path: string): BackendError {
    return new StalledError(`${this.url} stopped sending its answer to ${path}.`);
  }

  /** @param text never of an answer to work: it may quote what was sent */
  #strange(path: string, text: string, cause?: unknown): BackendError {
    const start = withoutSecrets(text, Object.values(this.#headers)).slice(0, 120).replace(/\s+/g, ' ');
    const quoted = start === '' ? '' : ` ("${start}")`;
    return new BackendError(
      'BACKEND_ERROR',
      'retry',
      `The answer of ${this.url} to ${path} is none of ${this.#manner.api}${quoted}. Check what listens there.`,
      { cause },
    );
  }
}

/** Undefined, which no schema takes, when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
