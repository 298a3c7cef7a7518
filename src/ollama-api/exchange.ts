import type { IncomingMessage, ServerResponse } from 'node:http';
import { OllamaError } from './errors.ts';
import { stringifyGo } from './go-json.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';
/** Go sends a body up to this size with its length, and a larger one in chunks. */
const LENGTH_KNOWN_UP_TO = 2_048;

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** The body as text. */
  text(): Promise<string>;
  /** What to do when the answer is complete, just before its last bytes are sent: a Go handler's context ends there. */
  readonly beforeEnd: (() => void)[];
}

export type Handler = (exchange: Exchange) => Promise<void> | void;

export function send(exchange: Exchange, status: number, body: string, contentType?: string): void {
  const { response } = exchange;
  if (response.destroyed || response.headersSent) return;
  for (const action of exchange.beforeEnd) action();
  const bytes = Buffer.byteLength(body);
  response.writeHead(status, {
    ...(contentType ? { 'Content-Type': contentType } : {}),
    ...(bytes > LENGTH_KNOWN_UP_TO ? {} : { 'Content-Length': bytes }),
  });
  response.end(exchange.request.method === 'HEAD' ? undefined : body);
}

export function sendJson(exchange: Exchange, status: number, value: unknown, contentType = JSON_TYPE): void {
  send(exchange, status, stringifyGo(value), contentType);
}

export function sendError(exchange: Exchange, error: unknown, contentType = JSON_TYPE): void {
  const status = error instanceof OllamaError ? error.status : 500;
  const text = error instanceof Error ? error.message : String(error);
  sendJson(exchange, status, { error: text }, contentType);
}

/**
 * An answer of one object a line. Nothing is sent before the first object: a failure before it has its real
 * status; after it, it is a line of the stream, whose status stays 200.
 */
export class ObjectStream {
  readonly #exchange: Exchange;
  #started = false;
  #ended = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  write(value: unknown): void {
    this.line(stringifyGo(value));
  }

  /** Also for what is not JSON at all. */
  line(text: string): void {
    const { response } = this.#exchange;
    if (this.#ended || response.destroyed) return;
    if (!this.#started) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    this.#started = true;
    response.write(`${text}\n`);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    if (this.#started) {
      this.write({ error: error instanceof Error ? error.message : String(error) });
      this.end();
      return;
    }
    this.#ended = true;
    const { response, beforeEnd } = this.#exchange;
    if (response.destroyed) return;
    for (const action of beforeEnd) action();
    const status = error instanceof OllamaError ? error.status : 500;
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(stringifyGo({ error: error instanceof Error ? error.message : String(error) }));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { response, beforeEnd } = this.#exchange;
    for (const action of beforeEnd) action();
    if (!this.#started) response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    response.end();
  }
}
