/**
 * Whether Ollama cut a prompt. Its answers never say: a count of tokens alone does not tell a cut prompt from a short one, and only the
 * server has the model's tokenizer. So it is first asked not to cut (`truncate: false`), which it refuses before any work where the
 * prompt is too long, and then, where it may be cut, once more without that. A server that does not know `truncate` cuts without a word.
 */
import type { RunRequest } from '../../domain/backend.ts';
import { PromptTooLongError } from '../../domain/context-errors.ts';
import type { JobResult } from '../../domain/job.ts';
import type { Call } from './connection.ts';

export interface PromptLimits {
  readonly mayCut: RunRequest['mayCut'];
  /** Tokens of a slot. */
  readonly contextLength: number;
  readonly fitsForSure: boolean;
}

/** @throws what `ask` throws; PromptTooLongError where the prompt must not be cut, or the server will not. */
export async function withWholePrompt(
  call: Call,
  { mayCut, contextLength, fitsForSure }: PromptLimits,
  ask: (call: Call) => Promise<JobResult>,
): Promise<JobResult> {
  const told = (result: JobResult, truncated: boolean) => ({
    ...result,
    prompt: { truncated, contextLength },
  });
  if (fitsForSure) return told(await ask(call), false);
  try {
    return told(await ask({ ...call, body: { ...call.body, truncate: false } }), false);
  } catch (error) {
    if (!(error instanceof PromptTooLongError) || !mayCut?.(error)) throw error;
    return told(await ask(call), true);
  }
}

/** What a tokenizer adds at the ends of a text. */
const FRAME_TOKENS = 8;
/** The smallest batch that a server takes by itself; an embedding has to fit into one. */
const LEAST_BATCH_TOKENS = 512;

/**
 * Whether no text has to be cut. Texts to embed are sent as they are, and a token is at least a byte of them. It matters there alone: a server
 * embeds all of the other texts before it refuses one, while a prompt is refused at once, and its template is not known here.
 */
export function allSurelyFit(texts: readonly string[], contextLength: number): boolean {
  const mostBytes = Math.min(contextLength, LEAST_BATCH_TOKENS) - FRAME_TOKENS;
  return texts.every((text) => Buffer.byteLength(text) <= mostBytes);
}
