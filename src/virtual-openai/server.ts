/** A server of OpenAI's API without a model behind it, that answers as llama.cpp's, vLLM or a plain one would. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../clock.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { promptText, type Said, say, tokensOf, vectorOf } from './completion.ts';
import { type Fault, Faults } from './faults.ts';
import { contextOf, listed } from './listed.ts';
import { Outlet } from './outlet.ts';
import { answerTooLong, error, otherLimit, tooLong, unknownField } from './refusals.ts';
import { type Flavour, USUAL_MODELS, type VirtualModel, type VirtualOpenAiOptions } from './settings.ts';

const LARGEST_BODY_BYTES = 256 * 1024 ** 2;
const DIMENSIONS = 384;

/** A request as it came. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: JsonObject | null;
}

export interface RunningVirtualOpenAi {
  readonly url: string;
  readonly faults: Faults;
  /** Oldest first. */
  readonly requests: readonly SeenRequest[];
  /** The most that ran at once. */
  readonly mostAtOnce: number;
  setModels(models: readonly VirtualModel[]): void;
  stop(): Promise<void>;
}

export async function runVirtualOpenAi(options: VirtualOpenAiOptions = {}): Promise<RunningVirtualOpenAi> {
  const server = new VirtualOpenAi(options);
  await server.start();
  return server;
}

class VirtualOpenAi implements RunningVirtualOpenAi {
  readonly faults = new Faults();
  readonly requests: SeenRequest[] = [];
  mostAtOnce = 0;
  readonly #options: VirtualOpenAiOptions;
  readonly #clock: Clock;
  readonly #flavour: Flavour;
  readonly #slots: number;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #turns: (() => void)[] = [];
  #models: readonly VirtualModel[];
  #running = 0;
  #asleep = false;

  constructor(options: VirtualOpenAiOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#flavour = options.flavour ?? 'llama.cpp';
    this.#slots = options.slots ?? 4;
    this.#models = options.models ?? USUAL_MODELS;
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  start(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, () => resolve());
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  setModels(models: readonly VirtualModel[]): void {
    this.#models = models;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = this.#pathOf(request.url ?? '/');
    const text = await readBody(request);
    const body = parseObject(text);
    this.requests.push({ path, headers: request.headers, body });
    const fault = this.faults.take(path);
    const out = new Outlet(response, fault);
    if (fault?.kind === 'status') return this.#refuse(out, fault);
    if (this.#options.key !== undefined && request.headers.authorization !== `Bearer ${this.#options.key}`)
      return out.json(401, error(401, 'Invalid API Key', 'authentication_error'));
    const route = ROUTES[`${request.method} ${path}`];
    const isThere = route?.flavours?.includes(this.#flavour) ?? route !== undefined;
    if (!route || !isThere) return out.json(404, error(404, 'File Not Found', 'not_found_error'));
    await route.answer(this.#context(out, response), body ?? {});
  }

  /** With `/v1` in the place of what its paths begin with; what is elsewhere is nowhere. */
  #pathOf(url: string): string {
    const [path = '/'] = url.split('?');
    const { root = '/v1' } = this.#options;
    if (root === '/v1') return path;
    return path.startsWith(`${root}/`) ? `/v1${path.slice(root.length)}` : `not below ${root}: ${path}`;
  }

  #refuse(out: Outlet, { status, retryAfter, body }: Extract<Fault, { kind: 'status' }>): void {
    out.json(
      status,
      body ?? error(status, 'as planned', 'planned_error'),
      retryAfter === undefined ? {} : { 'retry-after': retryAfter },
    );
  }

  #context(out: Outlet, response: ServerResponse): Context {
    return {
      out,
      flavour: this.#flavour,
      models: this.#models,
      slots: this.#slots,
      nextToken: () => this.#pause(1_000 / (this.#options.tokensPerSecond ?? 1_000)),
      isGone: () => response.destroyed,
      inSlot: (work) => this.#inSlot(work),
      isAsleep: () => this.#asleep,
      setAsleep: (asleep) => {
        this.#asleep = asleep;
        this.#options.onSleep?.(asleep);
      },
    };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }

  async #inSlot(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#slots) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    try {
      await work();
    } finally {
      const next = this.#turns.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

interface Context {
  readonly out: Outlet;
  readonly flavour: Flavour;
  readonly models: readonly VirtualModel[];
  readonly slots: number;
  nextToken(): Promise<void>;
  isGone(): boolean;
  isAsleep(): boolean;
  setAsleep(asleep: boolean): void;
  inSlot(work: () => Promise<void>): Promise<void>;
}

interface Route {
  /** Absent: all. */
  readonly flavours?: readonly Flavour[];
  answer(context: Context, body: JsonObject): void | Promise<void>;
}

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /health': { answer: ({ out }) => out.json(200, { status: 'ok' }) },
  'GET /version': { flavours: ['vllm'], answer: ({ out }) => out.json(200, { version: '0.11.0' }) },
  // As in vLLM's development mode, with `--enable-sleep-mode`.
  'POST /sleep': { flavours: ['vllm'], answer: (context) => fallAsleep(context, true) },
  'POST /wake_up': { flavours: ['vllm'], answer: (context) => fallAsleep(context, false) },
  'GET /is_sleeping': {
    flavours: ['vllm'],
    answer: ({ out, isAsleep }) => out.json(200, { is_sleeping: isAsleep() }),
  },
  'GET /props': {
    flavours: ['llama.cpp'],
    answer: ({ out, slots, models }) =>
      out.json(200, {
        total_slots: slots,
        build_info: 'b9999-virtual',
        modalities: { vision: false, audio: false },
        default_generation_settings: { n_ctx: contextOf(models[0]) },
      }),
  },
  'GET /v1/models': {
    answer: ({ out, models, flavour }) =>
      out.json(200, { object: 'list', data: models.map((model) => listed(model, flavour)) }),
  },
  'POST /v1/chat/completions': { answer: (context, body) => complete(context, body, 'chat') },
  'POST /v1/completions': { answer: (context, body) => complete(context, body, 'text') },
  'POST /v1/embeddings': { answer: embed },
};

function fallAsleep({ out, setAsleep }: Context, asleep: boolean): void {
  setAsleep(asleep);
  out.json(200, {});
}

/** The model that a request means; answered where there is none, or where it does something else. */
function meant(context: Context, body: JsonObject, kind: 'chat' | 'embed'): VirtualModel | null {
  const { models, out, flavour } = context;
  if (context.isAsleep()) {
    out.json(500, error(500, 'EngineCore encountered an issue: the model sleeps', 'InternalServerError'));
    return null;
  }
  const first = models.find((model) => (model.kind ?? 'chat') === kind);
  if (!first) {
    const what = kind === 'chat' ? 'completions' : 'embeddings';
    if (flavour === 'plain') out.json(404, error(404, 'Not Found', 'not_found_error'));
    else out.json(501, error(501, `This server does not support ${what}.`, 'not_supported_error'));
    return null;
  }
  // llama.cpp takes any name for its one model.
  const named = models.find(({ id }) => id === body.model) ?? (flavour === 'llama.cpp' ? first : null);
  if (named) return named;
  out.json(404, error(404, `The model \`${String(body.model)}\` does not exist.`, 'NotFoundError'));
  return null;
}

async function complete(context: Context, body: JsonObject, form: 'chat' | 'text'): Promise<void> {
  const { out, flavour } = context;
  const needed = form === 'chat' ? 'messages' : 'prompt';
  const model = meant(context, body, 'chat');
  if (!model) return;
  if (body[needed] === undefined)
    return out.json(400, error(400, `'${needed}' is required`, 'invalid_request_error'));
  const strange = flavour === 'company' ? unknownField(body) : null;
  if (strange) return out.json(400, strange);
  if (model.otherLimit && body.max_tokens !== undefined) return out.json(400, otherLimit());
  const contextLength = contextOf(model);
  const promptTokens = tokensOf(promptText(body));
  if (promptTokens > contextLength)
    return out.json(400, tooLong(context.flavour, promptTokens, contextLength));
  const most = typeof body.max_tokens === 'number' ? body.max_tokens : 0;
  if (context.flavour === 'vllm' && promptTokens + most > contextLength)
    return out.json(400, answerTooLong(most, promptTokens, contextLength));
  await context.inSlot(() => write(context, body, form, say(body, contextLength)));
}

async function write(
  { out, flavour, nextToken, isGone }: Context,
  body: JsonObject,
  form: 'chat' | 'text',
  { thinking, words, toolCalls, finishReason, promptTokens }: Said,
): Promise<void> {
  const object = form === 'chat' ? 'chat.completion.chunk' : 'text_completion';
  const head = { id: 'cmpl-0', object, created: 1_764_460_800, model: body.model ?? null };
  const piece = (delta: JsonObject, text: string, finish: string | null): JsonObject => ({
    ...head,
    choices: [{ index: 0, finish_reason: finish, ...(form === 'chat' ? { delta } : { text }) }],
  });
  out.beginEvents();
  if (form === 'chat') out.event(piece({ role: 'assistant', content: null }, '', null));
  for (const word of thinking) {
    await nextToken();
    out.event(piece(flavour === 'vllm' ? { reasoning: word } : { reasoning_content: word }, '', null));
  }
  for (const word of out.givesUp === null ? words : words.slice(0, words.length / 2)) {
    await nextToken();
    if (isGone()) return;
    out.event(piece({ content: word }, word, null));
  }
  for (const [index, call] of toolCalls.entries())
    for (const part of inParts(call, index)) {
      await nextToken();
      out.event(piece({ tool_calls: [part] }, '', null));
    }
  out.event(piece({}, '', out.givesUp ?? finishReason));
  const completionTokens = words.length + thinking.length;
  const cached = flavour === 'company' && { prompt_tokens_details: { cached_tokens: 2 } };
  const usage = { prompt_tokens: promptTokens, completion_tokens: completionTokens, ...cached };
  const timings = { prompt_ms: 5, predicted_ms: completionTokens };
  out.event({ ...head, choices: [], usage, ...(flavour === 'llama.cpp' && { timings }) });
  out.done();
}

/** As servers stream a call: its name at first, then its arguments in pieces. */
function inParts(call: JsonObject, index: number): readonly JsonObject[] {
  const { name, arguments: text } = call.function as { readonly name: string; readonly arguments: string };
  const half = Math.ceil(text.length / 2);
  return [
    { index, id: call.id ?? null, type: 'function', function: { name, arguments: '' } },
    { index, function: { arguments: text.slice(0, half) } },
    { index, function: { arguments: text.slice(half) } },
  ];
}

async function embed(context: Context, body: JsonObject): Promise<void> {
  const { out } = context;
  if (!meant(context, body, 'embed')) return;
  const input = typeof body.input === 'string' ? [body.input] : body.input;
  if (!Array.isArray(input)) return out.json(400, error(400, "'input' is required", 'invalid_request_error'));
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : DIMENSIONS;
  await context.inSlot(async () => {
    await context.nextToken();
    const data = input.map((text, index): JsonObject => {
      const vector = vectorOf(String(text), dimensions);
      const embedding: Json =
        body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    });
    const promptTokens = input.reduce<number>((sum, text) => sum + tokensOf(String(text)), 0);
    out.json(200, {
      object: 'list',
      data,
      model: body.model ?? null,
      usage: { prompt_tokens: promptTokens },
    });
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= LARGEST_BODY_BYTES) parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}
