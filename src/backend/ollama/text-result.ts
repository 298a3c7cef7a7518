/** From the records of a stream to output and a result. */
import type { OutputSink } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { JobResult, TokenUsage } from '../../domain/job.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { append } from '../../domain/long-lists.ts';
import { type Chunk, chunk, metrics } from './wire.ts';

/** Folds the records of a generate or chat stream into output and a result. */
export class TextResult {
  /** Records so far: about one a token. */
  pieces = 0;
  /** There once the last record came. */
  final: JobResult | null = null;
  readonly #sink: OutputSink;
  readonly #toolCalls: Json[] = [];

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  /** @throws BackendError when the record is not one of a stream. */
  add(record: JsonObject): void {
    const parsed = chunk.safeParse(record);
    if (!parsed.success) {
      throw new BackendError(
        'BACKEND_ERROR',
        'retry',
        `Ollama sent a record that is no part of an answer (${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}).`,
      );
    }
    this.pieces += 1;
    this.#emit(parsed.data, record);
    // A prompt that is only rendered comes alone, and is not called done.
    if (parsed.data.done || parsed.data._debug_info) this.final = this.#finish(parsed.data, record);
  }

  #emit(piece: Chunk, raw: JsonObject): void {
    const thinking = piece.message?.thinking ?? piece.thinking ?? '';
    const text = piece.message?.content ?? piece.response ?? '';
    append(this.#toolCalls, piece.message?.tool_calls ?? piece.tool_calls ?? []);
    this.#sink({ thinking, text, raw });
  }

  #finish(piece: Chunk, record: JsonObject): JobResult {
    return {
      kind: 'text',
      doneReason: piece.done_reason === 'length' ? 'LENGTH' : 'STOP',
      toolCalls: this.#toolCalls.length > 0 ? this.#toolCalls : null,
      usage: tokenUsage(record),
      raw: record,
    };
  }
}

/** Ollama counts in nanoseconds and leaves zeros out. Its load duration includes waiting in its own queue. */
export function tokenUsage(record: unknown): TokenUsage {
  const told = metrics.safeParse(record).data;
  return {
    promptTokens: told?.prompt_eval_count ?? 0,
    ...(told?.prompt_eval_duration ? { promptDurationMs: told.prompt_eval_duration / 1e6 } : {}),
    completionTokens: told?.eval_count ?? 0,
    evalDurationMs: (told?.eval_duration ?? 0) / 1e6,
    loadDurationMs: (told?.load_duration ?? 0) / 1e6,
  };
}
