/** The way out of a virtual server: what is written is spoiled where a fault was planned. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../domain/json.ts';
import type { Fault } from './faults.ts';

export class Outlet {
  readonly #response: ServerResponse;
  readonly #fault: Fault | null;
  #written = 0;
  #isOver = false;

  constructor(response: ServerResponse, fault: Fault | null) {
    this.#response = response;
    this.#fault = fault;
  }

  json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#write(JSON.stringify(body));
    this.#end();
  }

  beginEvents(): void {
    this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  event(data: JsonObject): void {
    if (this.#fault?.kind === 'event') {
      this.#write(`data: ${JSON.stringify({ error: this.#fault.error })}\n\n`);
      this.#end();
      return;
    }
    this.#write(`data: ${JSON.stringify(data)}\n\n`);
  }

  /** How the engine is to give up; null for an answer as it should be. */
  get givesUp(): string | null {
    return this.#fault?.kind === 'finish' ? this.#fault.reason : null;
  }

  done(): void {
    this.#write('data: [DONE]\n\n');
    if (this.#fault?.kind !== 'linger') this.#end();
  }

  #write(text: string): void {
    if (this.#isOver) return;
    const fault = this.#fault;
    if (fault?.kind === 'garbage') {
      this.#response.write('<html>not what you think</html>\n\ndata: {"half":\n\n');
      this.#end();
      return;
    }
    const limit = fault && 'afterBytes' in fault ? fault.afterBytes : Number.POSITIVE_INFINITY;
    const bytes = Buffer.from(text);
    const left = limit - this.#written;
    if (bytes.length < left) {
      this.#written += bytes.length;
      this.#response.write(bytes);
      return;
    }
    this.#isOver = true;
    const part = bytes.subarray(0, Math.max(0, left));
    switch (fault?.kind) {
      case 'reset':
        this.#response.write(part, () => this.#response.socket?.resetAndDestroy());
        break;
      case 'truncate':
        this.#response.end(part);
        break;
      default:
        // It stalls.
        this.#response.write(part);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#response.end();
  }
}
