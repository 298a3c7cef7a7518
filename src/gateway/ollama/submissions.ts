/** Requests of Ollama's API as jobs: everything is kept that the backend is to see, and what would reload a model becomes a wish. */
import type { JobSubmission } from '../../accept/submission.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { RUNNER_OPTION_NAMES } from '../../domain/model.ts';
import type { ChatMessage, ImageSource, ModelOptions, ThinkLevel } from '../../domain/request.ts';
import type { InstanceWishes } from '../../kinds/wishes.ts';
import { FOREVER_MS } from '../../ollama-api/duration.ts';
import { readFormat } from '../../ollama-api/format.ts';
import type { Decoded } from '../../ollama-api/go-decode.ts';
import { withoutSource } from '../../ollama-api/model-name.ts';
import { checkOptions } from '../../ollama-api/options.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import type { EMBED_REQUEST } from '../../ollama-api/request-shapes.ts';
import type { ChatBody, GenerateBody, MessageBody } from './bodies.ts';

/** What of a submission the request itself says. Mistakes in it that Ollama finds before it loads the model are found here: OllamaError. */
export type RequestedJob = Pick<JobSubmission, 'model' | 'request' | 'wishes' | 'fallback'>;

export function generateJob(body: GenerateBody): RequestedJob {
  return requested(body.model, body, {
    kind: 'GENERATE',
    ...ofText(body),
    prompt: body.prompt,
    system: unlessEmpty(body.system),
    suffix: unlessEmpty(body.suffix),
    template: unlessEmpty(body.template),
    context: body.context,
    raw: body.raw,
    images: unlessNone(body.images),
  });
}

export function chatJob(body: ChatBody): RequestedJob {
  return requested(body.model, body, {
    kind: 'CHAT',
    ...ofText(body),
    messages: (body.messages ?? []).map(message),
    tools: unlessNone(body.tools),
  });
}

export function embedJob(body: Decoded<typeof EMBED_REQUEST>, input: readonly string[]): RequestedJob {
  return requested(body.model, body, {
    kind: 'EMBED',
    input,
    truncate: body.truncate,
    dimensions: body.dimensions || undefined,
    options: modelOptions(body.options),
  });
}

interface WithOptions {
  readonly options: Readonly<Record<string, unknown>>;
  readonly keep_alive: number | undefined;
  readonly shift?: boolean | undefined;
}

function requested(
  model: string,
  body: WithOptions,
  request: Readonly<Record<string, unknown>>,
): RequestedJob {
  checkOptions(body.options);
  return {
    model: withoutSource(model),
    // Every field is of its type by the decoder; what differs from the request's type is only how absence is written.
    request: present(request) as unknown as JobSubmission['request'],
    wishes: instanceWishes(body),
  };
}

function ofText(body: GenerateBody | ChatBody) {
  return {
    truncate: body.truncate,
    format: readFormat(body.format) as Json | undefined,
    think: body.think === undefined ? undefined : thinkLevel(body.think),
    logprobs: body.logprobs,
    topLogprobs: body.top_logprobs || undefined,
    debugRenderOnly: body._debug_render_only,
    options: modelOptions(body.options),
  };
}

function message(from: MessageBody): ChatMessage<ImageSource> {
  return present({
    role: from.role,
    content: from.content,
    thinking: unlessEmpty(from.thinking),
    images: unlessNone(from.images),
    toolCalls: unlessNone(from.tool_calls),
    toolName: unlessEmpty(from.tool_name),
    toolCallId: unlessEmpty(from.tool_call_id),
  }) as unknown as ChatMessage<ImageSource>;
}

const THINK = { low: 'LOW', medium: 'MEDIUM', high: 'HIGH', max: 'MAX' } as const;

function thinkLevel(think: Think): ThinkLevel {
  if (typeof think === 'boolean') return think ? 'ON' : 'OFF';
  return THINK[think];
}

const RELOADING: ReadonlySet<string> = new Set(RUNNER_OPTION_NAMES);

/** All options that do not make the server load the model again, of any type: the server says what it does not like. */
function modelOptions(options: Readonly<Record<string, unknown>>): ModelOptions | undefined {
  const entries = Object.entries(options).filter(([name, value]) => value !== null && !RELOADING.has(name));
  if (entries.length === 0) return undefined;
  const extra = Object.fromEntries(entries) as Record<string, Json>;
  const named: { maxTokens?: number; seed?: number; temperature?: number } = {};
  // Named where they are what they should be, so that the scheduler can count with them.
  if (Number.isSafeInteger(extra.num_predict)) named.maxTokens = take(extra, 'num_predict');
  if (Number.isSafeInteger(extra.seed)) named.seed = take(extra, 'seed');
  if (typeof extra.temperature === 'number') named.temperature = take(extra, 'temperature');
  return { ...named, ...(Object.keys(extra).length > 0 && { extra }) };
}

function take(from: Record<string, Json>, name: string): number {
  const value = from[name] as number;
  delete from[name];
  return value;
}

/** Null: for ever. */
export function keepAliveOf(ms: number): number | null {
  return ms >= FOREVER_MS ? null : ms;
}

/** What is asked of the instance. */
function instanceWishes({ options, keep_alive, shift }: WithOptions): InstanceWishes {
  const { num_ctx: context, ...others } = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => RELOADING.has(name) && value !== null),
  ) as JsonObject;
  const contextLength = typeof context === 'number' && context > 0 ? context : undefined;
  return {
    ...(contextLength !== undefined && { contextLength }),
    ...(shift !== undefined && { shift }),
    ...(keep_alive !== undefined && { keepAliveMs: keepAliveOf(keep_alive) }),
    others,
  };
}

/** The fields that are there. What they hold stays as it is: it may be many bytes. */
function present(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function unlessEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function unlessNone<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length ? list : undefined;
}
