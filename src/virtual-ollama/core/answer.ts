/** What a model says: decided in full before the first token, so that a run is the same every time. */
import { least } from '../../domain/long-lists.ts';
import type { CatalogModel } from './catalog.ts';
import type { PredictOptions } from './options.ts';
import { sampleOfSchema } from './schema-sample.ts';
import { countTokens, hashNumber, naturalLength, wordAt } from './text.ts';

export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface ToolToCall {
  readonly name: string;
  /** What it takes, as a JSON Schema. */
  readonly parameters: unknown;
}

export interface AnswerPiece {
  readonly channel: 'thinking' | 'content';
  readonly text: string;
}

export interface Answer {
  readonly pieces: readonly AnswerPiece[];
  readonly doneReason: 'stop' | 'length';
  readonly toolCalls: readonly ToolCall[];
  /** Everything that was generated. A tool call's tokens are no piece: it is told when it is complete. */
  readonly outputTokens: number;
}

export interface Question {
  readonly model: CatalogModel;
  readonly prompt: string;
  readonly predict: PredictOptions;
  /** `think` is in force. */
  readonly thinks: boolean;
  /** `"json"`, a JSON Schema, or nothing. */
  readonly format: 'json' | Readonly<Record<string, unknown>> | undefined;
  /** What it does instead of saying something. */
  readonly tools: readonly ToolToCall[];
  /** The most tokens that the context leaves, when it may not shift. */
  readonly roomTokens: number;
  readonly answerTokens: number;
}

/** Characters of a constrained answer that make a token. */
const STRUCTURED_PIECE = 4;
/** An open-ended generation ends after this many contexts, whatever happens. */
export const OPEN_ENDED_CONTEXTS = 10;

function chunks(text: string, size: number): string[] {
  return text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];
}

const words = (hash: number, count: number) => Array.from({ length: count }, (_, i) => wordAt(hash, i));

function contentPieces(question: Question, hash: number, limit: number | undefined): string[] {
  const { format, tools } = question;
  if (tools.length > 0) return [];
  if (format) return chunks(JSON.stringify(sampleOfSchema(format, hash)), STRUCTURED_PIECE);
  return words(hash, limit ?? naturalLength(hash, question.answerTokens));
}

/** Cuts at the first stop sequence, which is not part of the answer. */
function cutAtStop(
  pieces: readonly string[],
  stop: readonly string[],
): { pieces: string[]; stopped: boolean } {
  const text = pieces.join('');
  const at = least(stop.filter((s) => s !== '' && text.includes(s)).map((s) => text.indexOf(s)));
  if (!Number.isFinite(at)) return { pieces: [...pieces], stopped: false };
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length >= at) break;
    kept.push(piece.slice(0, at - length));
    length += piece.length;
  }
  return { pieces: kept, stopped: true };
}

/**
 * A limit of n (`num_predict`, or the room in the context) gives exactly n tokens and `length`; without one the answer
 * has a natural length and ends with `stop`. Thinking comes first and counts.
 */
export function answer(question: Question): Answer {
  const { predict } = question;
  const hash = hashNumber(`${question.model.weightsDigest} ${predict.seed} ${question.prompt}`);
  const asked = predict.numPredict > 0 ? predict.numPredict : undefined;
  const limit = Math.min(asked ?? Number.POSITIVE_INFINITY, question.roomTokens);
  const thinkingLength = question.thinks ? naturalLength(hash + 1, question.answerTokens / 2) : 0;
  const wanted = asked === undefined ? undefined : Math.max(0, asked - thinkingLength);
  const cut = cutAtStop(contentPieces(question, hash, wanted), predict.stop);
  const all: AnswerPiece[] = [
    ...words(hash + 1, thinkingLength).map((text) => ({ channel: 'thinking' as const, text })),
    ...cut.pieces.map((text) => ({ channel: 'content' as const, text })),
  ];
  const pieces = all.slice(0, limit);
  const calls = question.tools.map(({ name, parameters }) => ({
    name,
    arguments: toolArguments(parameters, hash),
  }));
  const wholeLength = all.length + calls.reduce((sum, call) => sum + countTokens(JSON.stringify(call)), 0);
  const filledUp = pieces.length === limit && !cut.stopped && calls.length === 0 && !question.format;
  const complete = wholeLength <= limit && !filledUp;
  return {
    pieces,
    doneReason: complete ? 'stop' : 'length',
    toolCalls: complete ? calls : [],
    outputTokens: Math.min(wholeLength, limit),
  };
}

function toolArguments(parameters: unknown, hash: number): Record<string, unknown> {
  const sample = sampleOfSchema(
    typeof parameters === 'object' && parameters !== null ? (parameters as Record<string, unknown>) : {},
    hash,
  );
  return typeof sample === 'object' && sample !== null && !Array.isArray(sample)
    ? (sample as Record<string, unknown>)
    : {};
}
