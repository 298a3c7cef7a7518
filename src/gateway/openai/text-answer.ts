/** What of a job's records an answer of the OpenAI-compatible API is made of. */
import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../domain/json.ts';

export interface AnswerOptions {
  readonly id: string;
  /** As the request spelled it. */
  readonly model: string;
  /** A chunk for what was used, at the end of a stream. */
  readonly includeUsage: boolean;
  readonly clock: Pick<Clock, 'now'>;
}

/** Chat completions and completions: the same records, in other words. One of these answers one request. */
export interface TextAnswer {
  /** Chunks for a record that is not the last one. */
  chunks(record: JsonObject): readonly JsonObject[];
  /** Chunks for the last one, which say also how it ended, and what was used where that was asked for. */
  lastChunks(last: JsonObject): readonly JsonObject[];
  /** All of it in one, of one record that says everything. */
  whole(record: JsonObject): JsonObject;
}

/** As Ollama's server calls itself here. */
export const FINGERPRINT = 'fp_ollama';

export function usageOf(record: JsonObject) {
  const prompt = count(record.prompt_eval_count);
  const completion = count(record.eval_count);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** Why it ended; null while it goes on. */
export function doneReason({ done_reason: reason }: JsonObject): string | null {
  return typeof reason === 'string' && reason !== '' ? reason : null;
}

/** Whole seconds since the epoch. */
export function createdAt({ created_at: at }: JsonObject, clock: Pick<Clock, 'now'>): number {
  const told = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Math.floor((Number.isNaN(told) ? clock.now() : told) / 1_000);
}
