/** From the pieces of a streamed answer to records in Ollama's form, which all ways out read, and to a result. */
import type { OutputSink } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult, TokenUsage } from '../../domain/job.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { type AnswerPiece, answerPiece, olderLogprobs, type ToolCallPart } from './wire.ts';

const NS_PER_MS = 1e6;
/** How vLLM and SGLang end an answer that the engine gave up. */
const BROKEN: readonly string[] = ['abort', 'error'];

/** Where a text stands in a record: of a chat in its message, of a generated one by itself. */
export type RecordForm = 'message' | 'response';

interface OpenCall {
  /** As the server counts them. */
  readonly index: number;
  id: string | undefined;
  name: string;
  readonly arguments: string[];
}

export interface AnswerParts {
  readonly modelName: string;
  readonly form: RecordForm;
  readonly sink: OutputSink;
  /** Milliseconds, for what the server does not measure itself. */
  monotonic(): number;
  /** Epoch milliseconds, for the records. */
  now(): number;
}

export class TextAnswer {
  readonly #parts: AnswerParts;
  readonly #startedMs: number;
  readonly #calls: OpenCall[] = [];
  #firstMs: number | null = null;
  #lastMs = 0;
  #finish: string | null = null;
  #usage: AnswerPiece['usage'] = null;
  #timings: AnswerPiece['timings'] = null;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    this.#startedMs = parts.monotonic();
  }

  /** @throws BackendError when it is no piece of an answer */
  add(raw: JsonObject): void {
    const { data: piece, error } = answerPiece.safeParse(raw);
    if (!piece) {
      const issue = error.issues[0];
      throw new BackendError(
        'BACKEND_ERROR',
        'retry',
        `The server sent a piece that is no part of an answer (${issue?.path.join('.')}: ${issue?.message}).`,
      );
    }
    this.#usage = piece.usage ?? this.#usage;
    this.#timings = piece.timings ?? this.#timings;
    const [choice] = piece.choices;
    if (!choice) return;
    const { delta, finish_reason, logprobs } = choice;
    const thinking = delta?.reasoning_content ?? delta?.reasoning ?? '';
    const text = delta?.content ?? choice.text ?? '';
    for (const part of delta?.tool_calls ?? []) this.#grow(part);
    this.#finish = finish_reason ?? this.#finish;
    if (thinking !== '' || text !== '') this.#emit(thinking, text, logprobs);
  }

  /** Whether all of the text has come, and what it took: nothing that happens to the connection afterwards matters. */
  get isComplete(): boolean {
    return this.#finish !== null && !BROKEN.includes(this.#finish) && this.#usage !== null;
  }

  /** @throws BackendError when the answer broke off */
  end(): JobResult {
    if (this.#finish === null || BROKEN.includes(this.#finish)) {
      throw new BackendError(
        'BACKEND_ERROR',
        'retry',
        'The server ended the answer before it was complete. Its log may tell why.',
      );
    }
    const toolCalls = this.#calls.map(toolCall);
    if (toolCalls.length > 0) this.#record('', '', { toolCalls });
    const usage = this.#tokenUsage();
    const doneReason = this.#finish === 'length' ? 'LENGTH' : 'STOP';
    const raw: JsonObject = {
      ...this.#head(),
      ...this.#body('', '', []),
      done: true,
      done_reason: doneReason.toLowerCase(),
      total_duration: Math.round((this.#parts.monotonic() - this.#startedMs) * NS_PER_MS),
      prompt_eval_count: usage.promptTokens,
      prompt_eval_duration: Math.round((usage.promptDurationMs ?? 0) * NS_PER_MS),
      eval_count: usage.completionTokens,
      eval_duration: Math.round(usage.evalDurationMs * NS_PER_MS),
    };
    this.#parts.sink({ thinking: '', text: '', raw });
    return { kind: 'text', doneReason, toolCalls: toolCalls.length > 0 ? toolCalls : null, usage, raw };
  }

  #emit(thinking: string, text: string, logprobs: Json | null | undefined): void {
    const nowMs = this.#parts.monotonic();
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
    this.#record(thinking, text, { logprobs: likelihoods(logprobs) });
  }

  #record(
    thinking: string,
    text: string,
    {
      toolCalls = [],
      logprobs,
    }: { readonly toolCalls?: readonly Json[]; readonly logprobs?: Json | undefined },
  ): void {
    const raw: JsonObject = {
      ...this.#head(),
      ...this.#body(thinking, text, toolCalls),
      done: false,
      ...(logprobs !== undefined && { logprobs }),
    };
    this.#parts.sink({ thinking, text, raw });
  }

  #head(): JsonObject {
    const { modelName, now } = this.#parts;
    return { model: modelName, created_at: new Date(now()).toISOString() };
  }

  #body(thinking: string, text: string, toolCalls: readonly Json[]): JsonObject {
    const calls = toolCalls.length > 0 ? { tool_calls: toolCalls } : {};
    const thought = thinking === '' ? {} : { thinking };
    if (this.#parts.form === 'response') return { response: text, ...thought };
    return { message: { role: 'assistant', content: text, ...thought, ...calls } };
  }

  #grow({ index, id, function: called }: ToolCallPart): void {
    const told = index ?? this.#calls.length;
    const last = this.#calls.findLast((call) => call.index === told);
    // Some servers give all of their calls one index; another id is another call.
    const isAnother = last === undefined || (id && last.id !== undefined && last.id !== id);
    const open = isAnother ? { index: told, id: undefined, name: '', arguments: [] } : last;
    if (isAnother) this.#calls.push(open);
    open.id ??= id || undefined;
    open.name ||= called?.name ?? '';
    const text = called?.arguments;
    if (text) open.arguments.push(typeof text === 'string' ? text : JSON.stringify(text));
  }

  /** As the server measured it, else by when its pieces came. */
  #tokenUsage(): TokenUsage {
    const firstMs = this.#firstMs ?? this.#lastMs;
    const cached = this.#usage?.prompt_tokens_details?.cached_tokens;
    return {
      promptTokens: this.#usage?.prompt_tokens ?? 0,
      promptDurationMs: this.#timings?.prompt_ms ?? Math.max(0, firstMs - this.#startedMs),
      completionTokens: this.#usage?.completion_tokens ?? 0,
      evalDurationMs: this.#timings?.predicted_ms ?? this.#lastMs - firstMs,
      loadDurationMs: 0,
      ...(typeof cached === 'number' && { cachedPromptTokens: cached }),
    };
  }
}

/** In Ollama's form: arguments as an object. A text that is none stays a text. */
function toolCall({ id, name, arguments: parts }: OpenCall, index: number): Json {
  const text = parts.join('');
  return { ...(id !== undefined && { id }), function: { index, name, arguments: asObject(text) } };
}

function asObject(text: string): Json {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** OpenAI's list of tokens, which Ollama's records have without the object around it; of a completion its older form. */
function likelihoods(logprobs: Json | null | undefined): Json | undefined {
  if (logprobs === null || logprobs === undefined || typeof logprobs !== 'object' || Array.isArray(logprobs))
    return undefined;
  const { content, ...older } = logprobs as JsonObject;
  if (content) return content;
  const { data } = olderLogprobs.safeParse(older);
  return data?.tokens.map(
    (token, place): Json => ({
      token,
      logprob: data.token_logprobs[place] ?? 0,
      top_logprobs: Object.entries(data.top_logprobs?.[place] ?? {}).map(([other, logprob]) => ({
        token: other,
        logprob,
      })),
    }),
  );
}
