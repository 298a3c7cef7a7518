/** A stand-in for Anthropic's Messages API: it refuses what that refuses, and streams as that streams. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../../src/clock.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';

export type AnthropicFault =
  | {
      readonly status: number;
      readonly type: string;
      readonly message?: string;
      readonly retryAfter?: string;
    }
  /** An error in the middle of the answer, as an event. */
  | { readonly midway: string };

export interface AnthropicRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: JsonObject;
}

const FIELDS: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'system', 'stream', 'max_tokens', 'temperature', 'top_p', 'top_k'],
  ...['stop_sequences', 'tools', 'tool_choice', 'thinking', 'output_config', 'metadata'],
]);
const MOST_TOKENS = 8_192;

export class AnthropicServer implements AsyncDisposable {
  readonly requests: AnthropicRequest[] = [];
  readonly faults: AnthropicFault[] = [];
  /** Of the listing alone. */
  isListed = true;
  key = 'sk-ant-a-key-of-a-test';
  /** Answers that nobody reads any more. */
  cutOff = 0;
  /** Between two words of an answer. */
  pauseMs = 0;
  readonly #server: Server = createServer((request, response) => {
    void this.#serve(request, response);
  });

  static async start(): Promise<AnthropicServer> {
    const server = new AnthropicServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** What the last job sent. */
  get lastBody(): JsonObject {
    return this.requests.findLast(({ path }) => path === '/v1/messages')?.body ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: import('node:http').ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const [path = ''] = (request.url ?? '').split('?');
    const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : {};
    this.requests.push({ path, headers: request.headers, body });
    const refuse = (status: number, type: string, message: string, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }));
    };
    if (request.headers['x-api-key'] !== this.key)
      return refuse(401, 'authentication_error', `invalid x-api-key: ${request.headers['x-api-key']}`);
    if (request.headers['anthropic-version'] !== '2023-06-01')
      return refuse(400, 'invalid_request_error', 'anthropic-version: header is required');
    if (path === '/v1/models') {
      if (!this.isListed) return refuse(404, 'not_found_error', 'Not found');
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          data: [
            { type: 'model', id: 'claude-large', display_name: 'Claude Large', max_input_tokens: 150_000 },
            { type: 'model', id: 'claude-small', display_name: 'Claude Small' },
          ],
          has_more: false,
        }),
      );
      return;
    }
    if (path !== '/v1/messages') return refuse(404, 'not_found_error', 'Not Found');
    const fault = this.faults.shift();
    if (fault && 'status' in fault) {
      const headers = fault.retryAfter ? { 'retry-after': fault.retryAfter } : {};
      return refuse(fault.status, fault.type, fault.message ?? 'as planned', headers);
    }
    const problem = problemOf(body);
    if (problem) return refuse(400, 'invalid_request_error', problem);
    await this.#answer(body, response, fault?.midway ?? null);
  }

  async #answer(
    body: JsonObject,
    response: import('node:http').ServerResponse,
    breaksWith: string | null,
  ): Promise<void> {
    const isTool = body.tools !== undefined && !JSON.stringify(body.messages).includes('tool_result');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = (type: string, data: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    event('message_start', {
      message: {
        id: 'msg_1',
        role: 'assistant',
        content: [],
        usage: {
          input_tokens: 20,
          cache_read_input_tokens: 100,
          cache_creation_input_tokens: 5,
          output_tokens: 1,
        },
      },
    });
    event('ping', {});
    let index = 0;
    const block = (start: object, deltas: readonly object[]) => {
      event('content_block_start', { index, content_block: start });
      for (const delta of deltas) event('content_block_delta', { index, delta });
      event('content_block_stop', { index });
      index += 1;
    };
    if (body.thinking)
      block({ type: 'thinking', thinking: '' }, [
        { type: 'thinking_delta', thinking: 'Let me think.' },
        { type: 'signature_delta', signature: 'abc' },
      ]);
    let reason = 'end_turn';
    let words = 0;
    if (isTool) {
      reason = 'tool_use';
      block({ type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }, [
        { type: 'input_json_delta', partial_json: '' },
        { type: 'input_json_delta', partial_json: '{"place": ' },
        { type: 'input_json_delta', partial_json: '"here"}' },
      ]);
    } else {
      event('content_block_start', { index, content_block: { type: 'text', text: '' } });
      const most = Number(body.max_tokens) > MOST_TOKENS / 2 ? 6 : Math.min(6, Number(body.max_tokens));
      for (; words < most; words += 1) {
        if (this.pauseMs > 0) await this.#pause();
        if (response.destroyed) {
          this.cutOff += 1;
          return;
        }
        if (breaksWith !== null && words === 3) {
          event('error', { error: { type: breaksWith, message: 'Overloaded' } });
          response.end();
          return;
        }
        event('content_block_delta', { index, delta: { type: 'text_delta', text: ` word${words}` } });
      }
      if (words < 6) reason = 'max_tokens';
      event('content_block_stop', { index });
    }
    event('message_delta', {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 30 },
    });
    event('message_stop', {});
    response.end();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void systemClock.after(this.pauseMs, resolve));
  }
}

/** As the API words it; null for a request that it takes. */
function problemOf(body: JsonObject): string | null {
  const stranger = Object.keys(body).find((name) => !FIELDS.has(name));
  if (stranger) return `${stranger}: Extra inputs are not permitted`;
  if (typeof body.max_tokens !== 'number') return 'max_tokens: Field required';
  if (body.max_tokens > MOST_TOKENS)
    return `max_tokens: ${body.max_tokens} > ${MOST_TOKENS}, which is the maximum allowed number of output tokens for ${body.model}`;
  if (body.thinking && body.temperature !== undefined)
    return '`temperature` may only be set to 1 when thinking is enabled.';
  const messages = body.messages as readonly JsonObject[];
  const length = JSON.stringify(messages).length;
  if (length > 4_000) return `prompt is too long: ${Math.ceil(length / 4)} tokens > 1000 maximum`;
  for (const [place, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant')
      return `messages.${place}.role: Input should be 'user' or 'assistant'`;
    for (const block of content as readonly JsonObject[])
      if (block.type === 'text' && block.text === '')
        return 'messages: text content blocks must be non-empty';
    const asked = (content as readonly JsonObject[]).filter(({ type }) => type === 'tool_use');
    const answered = ((messages[place + 1]?.content ?? []) as readonly JsonObject[]).filter(
      ({ type }) => type === 'tool_result',
    );
    for (const { id } of asked)
      if (!answered.some((one) => one.tool_use_id === id))
        return `messages.${place}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${String(id)}`;
  }
  return null;
}
