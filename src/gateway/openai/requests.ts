/** Requests of the OpenAI-compatible API as Ollama's own, with the defaults that its server has for them. */
import { OllamaError } from '../../ollama-api/errors.ts';
import type { Decoded } from '../../ollama-api/go-decode.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import type { ChatRequest, EMBED_REQUEST, GenerateRequest } from '../../ollama-api/request-shapes.ts';
import { goTypeOf, ollamaMessages } from './messages.ts';
import type { ChatCompletionRequest, CompletionRequest, EmbeddingsRequest } from './shapes.ts';

type Options = Readonly<Record<string, unknown>>;

/** @throws OllamaError 400 */
export function chatRequest(body: ChatCompletionRequest): ChatRequest {
  if (!body.messages?.length) throw new OllamaError(400, "[] is too short - 'messages'");
  const messages = ollamaMessages(body.messages);
  return {
    ...NOTHING_SAID,
    model: body.model,
    messages,
    tools: body.tool_choice === 'none' ? undefined : body.tools,
    format: formatOf(body.response_format),
    options: optionsOf(body, DEFAULTS, {
      stop: unlessNone(stopsOf(body.stop).filter((each) => typeof each === 'string')),
      num_predict: body.max_completion_tokens ?? body.max_tokens,
      temperature: body.temperature,
      seed: body.seed,
      frequency_penalty: body.frequency_penalty,
      presence_penalty: body.presence_penalty,
      top_p: body.top_p,
    }),
    think: thinkOf(body),
    truncate: body.truncate,
    keep_alive: body.keep_alive,
    logprobs: body.logprobs,
    top_logprobs: body.top_logprobs,
    _debug_render_only: body._debug_render_only,
  };
}

/** @throws OllamaError 400 */
export function generateRequest(body: CompletionRequest): GenerateRequest {
  const stop = stopsOf(body.stop);
  const wrong = stop.find((each) => typeof each !== 'string');
  if (wrong !== undefined) throw new OllamaError(400, `invalid type for 'stop' field: ${goTypeOf(wrong)}`);
  return {
    ...NOTHING_SAID,
    model: body.model,
    prompt: body.prompt,
    suffix: body.suffix,
    system: '',
    template: '',
    context: undefined,
    raw: undefined,
    images: undefined,
    format: undefined,
    options: optionsOf(body, DEFAULTS, {
      stop: unlessNone(stop),
      num_predict: body.max_tokens,
      temperature: body.temperature,
      seed: body.seed,
      frequency_penalty: body.frequency_penalty,
      presence_penalty: body.presence_penalty,
      top_p: body.top_p || undefined,
    }),
    think: body.think,
    truncate: body.truncate,
    keep_alive: body.keep_alive,
    logprobs: body.logprobs > 0,
    top_logprobs: Math.max(0, body.logprobs),
    _debug_render_only: body._debug_render_only,
  };
}

/** @throws OllamaError 400 */
export function embedRequest(body: EmbeddingsRequest): Decoded<typeof EMBED_REQUEST> {
  const { encoding_format: format, input, model, dimensions } = body;
  if (format !== '' && !isVectorFormat(format))
    throw new OllamaError(
      400,
      `Invalid value for 'encoding_format' = ${format}. Supported values: ['float', 'base64'].`,
    );
  if (input === undefined || input === null || (Array.isArray(input) && input.length === 0))
    throw new OllamaError(400, 'invalid input');
  return {
    model,
    // An empty text is embedded here; in Ollama's own API it only loads the model.
    input: input === '' ? [''] : input,
    dimensions,
    truncate: body.truncate,
    keep_alive: body.keep_alive,
    options: withContext(body, body.options ?? {}),
  };
}

function isVectorFormat(format: string): boolean {
  return ['float', 'base64'].includes(format.toLowerCase());
}

export const NOTHING_SAID = { stream: undefined, shift: undefined } as const;

/** OpenAI's, which are not the model's. */
const DEFAULTS: Options = { temperature: 1, top_p: 1 };

interface WithOptions {
  readonly options: Options | undefined;
  readonly num_ctx: number | undefined;
}

/** What the request says counts more than its `options`, and those more than the defaults. */
export function optionsOf(body: WithOptions, defaults: Options, said: Options): Options {
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  return withContext(body, { ...defaults, ...body.options, ...Object.fromEntries(given) });
}

function unlessNone<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function withContext({ num_ctx }: WithOptions, options: Options): Options {
  return num_ctx === undefined ? options : { ...options, num_ctx };
}

/** One text, or a list; everything else is ignored. */
function stopsOf(stop: unknown): readonly unknown[] {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop : [];
}

/** JSON as it was written. */
function formatOf(format: ChatCompletionRequest['response_format']): string | undefined {
  switch (format?.type.trim().toLowerCase()) {
    case 'json_object':
      return '"json"';
    case 'json_schema':
      return format?.json_schema?.schema;
    default:
      return undefined;
  }
}

function thinkOf({ think, reasoning, reasoning_effort: effort }: ChatCompletionRequest): Think | undefined {
  return think ?? thinkOfEffort(reasoning ? reasoning.effort : (effort ?? ''));
}

/** OpenAI's scale is longer at both ends than Ollama's, and clients have made it longer still. */
const EFFORTS: ReadonlyMap<string, Think | undefined> = new Map<string, Think | undefined>([
  ['', undefined],
  ['none', false],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'max'],
  ['ultra', 'max'],
  ['max', 'max'],
]);

/** @throws OllamaError 400 for one that nobody knows */
export function thinkOfEffort(effort: string): Think | undefined {
  if (EFFORTS.has(effort)) return EFFORTS.get(effort);
  throw new OllamaError(
    400,
    `invalid reasoning value: ${quoteGo(effort)} (must be "minimal", "low", "medium", "high", "xhigh", "ultra", "max", or "none")`,
  );
}
