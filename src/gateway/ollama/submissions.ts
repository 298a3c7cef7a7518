/** Requests of Ollama's API as jobs: everything is kept that the backend is to see, and what would reload a model becomes a wish. */
import type { JobSubmission } from '../../accept/submission.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { withoutAbsent } from '../../domain/json.ts';
import { RUNNER_OPTION_NAMES } from '../../domain/model.ts';
import type { ChatMessage, ImageSource, ModelOptions, ThinkLevel } from '../../domain/request.ts';
import type { InstanceWishes } from '../../kinds/wishes.ts';
import type { Decoded } from '../../ollama-api/go-decode.ts';
import { withoutSource } from '../../ollama-api/model-name.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import type { ChatRequest, EMBED_REQUEST, GenerateRequest } from '../../ollama-api/request-shapes.ts';

/** What of a submission the request itself says. */
export type RequestedJob = Pick<JobSubmission, 'model' | 'request' | 'wishes'>;

export function generateJob(body: GenerateRequest): RequestedJob {
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

export function chatJob(body: ChatRequest): RequestedJob {
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
  return {
    model: withoutSource(model),
    // Every field is of its type by the decoder; what differs from the request's type is only how absence is written.
    request: withoutAbsent(request) as unknown as JobSubmission['request'],
    wishes: instanceWishes(body),
  };
}

function ofText(body: GenerateRequest | ChatRequest) {
  return {
    truncate: body.truncate,
    format: formatOf(body.format),
    think: body.think === undefined ? undefined : thinkLevel(body.think),
    logprobs: body.logprobs,
    topLogprobs: body.top_logprobs || undefined,
    debugRenderOnly: body._debug_render_only,
    options: modelOptions(body.options),
  };
}

/** As it was written; what it means the server says when it comes to it. */
function formatOf(text: string | undefined): Json | undefined {
  return text === undefined || text === '""' ? undefined : JSON.parse(text);
}

type Message = NonNullable<ChatRequest['messages']>[number];

function message(from: Message): ChatMessage<ImageSource> {
  return withoutAbsent({
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

export function thinkLevel(think: Think): ThinkLevel {
  if (typeof think === 'boolean') return think ? 'ON' : 'OFF';
  return THINK[think];
}

const RELOADING: ReadonlySet<string> = new Set(RUNNER_OPTION_NAMES);

/** All options that do not make the server load the model again, of any type: the server says what it does not like. */
export function modelOptions(options: Readonly<Record<string, unknown>>): ModelOptions | undefined {
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

/** What is asked of the instance. */
export function instanceWishes({ options, keep_alive, shift }: WithOptions): InstanceWishes {
  const { num_ctx: context, ...others } = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => RELOADING.has(name) && value !== null),
  ) as JsonObject;
  const contextLength = typeof context === 'number' && context > 0 ? context : undefined;
  return {
    ...(contextLength !== undefined && { contextLength }),
    ...(shift !== undefined && { shift }),
    others: { ...others, ...(keep_alive !== undefined && { keep_alive }) },
  };
}

function unlessEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function unlessNone<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length ? list : undefined;
}
