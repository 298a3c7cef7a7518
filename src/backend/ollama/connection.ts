/**
 * HTTP to one Ollama. Two pools, so that generations which hold their connections for minutes never keep a poll waiting;
 * undici's own time-outs are off, because an answer's header may rightly come only after a load and a long prompt.
 */
import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import type { z } from 'zod';
import { type Clock, wallNow } from '../../clock.ts';
import { stringifyDeep } from '../../domain/deep-json.ts';
import { BackendError, StalledError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { readStart, readText, withinLength } from './answer-bytes.ts';
import type { Deadlines } from './deadlines.ts';
import { answerError, type Endpoint } from './error-table.ts';
import { LineSplitter } from './ndjson.ts';
import { retryAfter } from './retry-after.ts';
import { StallWatch } from './stall-watch.ts';
import { transportError } from './transport-error.ts';

/** A final record carries the whole context as numbers: about 1 MB for 128k tokens. */
const LONGEST_LINE_BYTES = 16 * 1024 ** 2;
/** Of an answer that is parsed as one: what `/api/show` tells of a large model is about 10 MB. */
const LARGEST_ANSWER_BYTES = 64 * 1024 ** 2;
/** Of an answer that is read as it comes: ten thousand long embeddings are about 500 MB. */
const LARGEST_RESULT_BYTES = 1024 ** 3;

export interface Call {
  readonly endpoint: Endpoint;
  /** Absent: GET. */
  readonly body?: JsonObject;
  /** What comes after the endpoint in the path: a blob's digest. */
  readonly below?: string;
  /** Default: POST of a call with a body, GET of one without. */
  readonly method?: 'DELETE' | 'HEAD';
  /** Anything that changes whenever the engine is seen to work, be it at other requests. Absent: only the answer is a sign of life. */
  readonly signs?: () => string;
}

/** How long a stream may be silent. */
export type Silence = Pick<Deadlines, 'firstByteMs' | 'betweenChunksMs'>;

export class OllamaConnection {
  /** Without credentials, for people. */
  readonly url: string;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #control: Pool;
  readonly #work: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: {
    readonly url: string;
    /** Sent with every request. */
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly clock: Clock;
    readonly deadlines: Deadlines;
  }) {
    const url = new URL(options.url);
    const credentials = url.username
      ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
      : null;
    this.#path = url.pathname.replace(/\/$/, '');
    this.url = url.origin + this.#path;
    this.#headers = {
      'content-type': 'application/json',
      ...(credentials && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
      ...options.headers,
    };
    this.#clock = options.clock;
    this.#deadlines = options.deadlines;
    const poolOptions: Pool.Options = {
      headersTimeout: 0,
      bodyTimeout: 0,
      connectTimeout: this.#deadlines.connectMs,
      connect: { keepAlive: true, keepAliveInitialDelay: 30_000 },
      allowH2: false,
    };
    this.#control = new Pool(url.origin, poolOptions);
    this.#work = new Pool(url.origin, poolOptions);
  }

  /** A short question. @throws BackendError, or the signal's reason */
  async ask<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal, withinMs?: number): Promise<T> {
    const limitMs = withinMs ?? this.#deadlines.controlMs;
    using watch = new StallWatch(this.#clock, limitMs, () => this.#late(call, limitMs));
    return await this.#read(this.#control, call, schema, AbortSignal.any([signal, watch.signal]));
  }

  /** A short request whose answer is only its status. @throws BackendError, or the signal's reason */
  async tell(call: Call, signal: AbortSignal): Promise<void> {
    using watch = new StallWatch(this.#clock, this.#deadlines.controlMs, () => this.#late(call));
    await this.#status(this.#control, call, AbortSignal.any([signal, watch.signal]));
  }

  /**
   * Sends bytes as they come, for as long as that takes, and answers the status. Whoever gives up on them has to say so by `signal`.
   * @throws BackendError, or the signal's reason
   */
  upload(call: Call, bytes: Readable, signal: AbortSignal): Promise<number> {
    return this.#status(this.#work, call, signal, bytes);
  }

  /** A load: takes as long as it takes. @throws BackendError, or the signal's reason */
  load<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#read(this.#work, call, schema, signal);
  }

  /**
   * A result that comes in one answer, handed to `read` as it arrives.
   * @throws BackendError, the signal's reason, or what `read` throws
   */
  async result(
    call: Call,
    signal: AbortSignal,
    read: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    const { firstByteMs, betweenChunksMs } = this.#deadlines;
    using watch = new StallWatch(this.#clock, firstByteMs, () => this.#stalled(call), call.signs);
    const either = AbortSignal.any([signal, watch.signal]);
    try {
      const answer = await this.#request(this.#work, call, either);
      const chunks = withinLength(answer.body as AsyncIterable<Uint8Array>, LARGEST_RESULT_BYTES);
      await read(eachTold(chunks, () => watch.touch(betweenChunksMs)));
    } catch (error) {
      throw this.#explain(error, either);
    }
  }

  /** The records of a streamed answer. @throws BackendError, or the signal's reason */
  async *stream(
    call: Call,
    signal: AbortSignal,
    silence: Silence = this.#deadlines,
  ): AsyncGenerator<JsonObject, void, void> {
    using watch = new StallWatch(this.#clock, silence.firstByteMs, () => this.#stalled(call), call.signs);
    const either = AbortSignal.any([signal, watch.signal]);
    const splitter = new LineSplitter(LONGEST_LINE_BYTES);
    try {
      const answer = await this.#request(this.#work, call, either);
      for await (const bytes of answer.body as AsyncIterable<Uint8Array>) {
        watch.touch(silence.betweenChunksMs);
        for (const line of splitter.push(bytes)) yield this.#record(call, line);
      }
      for (const line of splitter.end()) yield this.#record(call, line);
    } catch (error) {
      throw this.#explain(error, either);
    }
  }

  /** Breaks off loads and generations; questions still work. */
  async endWork(): Promise<void> {
    await this.#work.destroy();
  }

  async close(): Promise<void> {
    await Promise.all([this.#work.destroy(), this.#control.destroy()]);
  }

  async #read<T>(pool: Pool, call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    try {
      const answer = await this.#request(pool, call, signal);
      const text = await readText(answer.body, LARGEST_ANSWER_BYTES);
      const parsed = schema.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      throw this.#notOllama(call, text, parsed.error);
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  async #status(pool: Pool, call: Call, signal: AbortSignal, bytes?: Readable): Promise<number> {
    try {
      const answer = await this.#request(pool, call, signal, bytes);
      await answer.body.dump();
      return answer.statusCode;
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Resolves with an answer that says that it was done. */
  async #request(
    pool: Pool,
    call: Call,
    signal: AbortSignal,
    bytes?: Readable,
  ): Promise<Dispatcher.ResponseData> {
    const json = call.body === undefined ? null : stringifyDeep(call.body);
    const answer = await pool.request({
      path: this.#path + call.endpoint + (call.below ?? ''),
      method: call.method ?? (json === null && bytes === undefined ? 'GET' : 'POST'),
      headers: bytes ? { ...this.#headers, 'content-type': 'application/octet-stream' } : this.#headers,
      body: bytes ?? json,
      signal,
    });
    if (answer.statusCode === 200 || answer.statusCode === 201) return answer;
    const retryAfterMs = retryAfter(answer.headers['retry-after'], wallNow(this.#clock));
    throw answerError(aboutCall(call), answer.statusCode, await readStart(answer.body), retryAfterMs);
  }

  #record(call: Call, line: string): JsonObject {
    const value = parseJson(line);
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw this.#notOllama(call, line);
    if ('error' in value) throw answerError(aboutCall(call), null, line);
    return value as JsonObject;
  }

  #late(call: Call, limitMs = this.#deadlines.controlMs): BackendError {
    return new BackendError(
      'BACKEND_ERROR',
      'wait',
      `Ollama at ${this.url} did not answer ${call.endpoint} within ${limitMs} ms. It may be busy loading.`,
    );
  }

  #stalled(call: Call): BackendError {
    return new StalledError(
      `Ollama at ${this.url} stopped sending its answer to ${call.endpoint}. If it happens again, unload the model: a request that was broken off may still hold its slot.`,
    );
  }

  #notOllama(call: Call, text: string, cause?: unknown): BackendError {
    const start = text.slice(0, 120).replace(/\s+/g, ' ');
    const say = (quote: string) =>
      `The answer of ${this.url} to ${call.endpoint} is not one of Ollama's${quote}. Check what listens there.`;
    const quoted = say(` ("${start}")`);
    if (!carriesContent(call)) return new BackendError('BACKEND_ERROR', 'retry', quoted, { cause });
    return new BackendError('BACKEND_ERROR', 'retry', say(''), { ownerMessage: quoted });
  }

  /** Our own deadlines and callers' aborts come back from undici as whatever their reason was. */
  #explain(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? signal.reason : transportError(error, this.url);
  }
}

async function* eachTold<T>(items: AsyncIterable<T>, tell: () => void): AsyncGenerator<T, void, void> {
  for await (const item of items) {
    tell();
    yield item;
  }
}

/** Of a body, what is not content: names, and how to run. */
const NO_CONTENT = new Set([
  'model',
  'name',
  'source',
  'destination',
  'stream',
  'keep_alive',
  'options',
  'verbose',
  'insecure',
]);

/** Whether an answer to it may quote what somebody sent, or what a model said to them. */
function carriesContent({ body = {} }: Call): boolean {
  return Object.entries(body).some(
    ([name, value]) => !NO_CONTENT.has(name) && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
}

function aboutCall(call: Call) {
  return { endpoint: call.endpoint, carriesContent: carriesContent(call) };
}

/** Undefined, which no schema takes, when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
