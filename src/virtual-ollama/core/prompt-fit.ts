/** What becomes of a prompt that is longer than the context: it is cut, or refused by Ollama or by its engine. */

import { INPUT_TOO_LONG, OllamaError } from '../../ollama-api/errors.ts';
import type { Regime } from '../settings.ts';

export interface PromptToFit {
  readonly tokens: number;
  readonly images: number;
  readonly numCtx: number;
  readonly numKeep: number;
  /** Of the request; absent there: true. */
  readonly truncate: boolean;
  /** Whether the context moves on when it is full: of the request, or of the runner in the newer regime. */
  readonly shift: boolean;
}

const SHIFT_REFUSAL =
  'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust ' +
  'the context length in settings, or use a model with a longer context length';

/** How many tokens of the prompt the engine is given. @throws OllamaError 400 when it is refused */
export function fittedTokens(regime: Regime, prompt: PromptToFit): number {
  return regime === 'classic' ? classicTokens(prompt) : tokensForEngine(prompt);
}

/** The older engine keeps the first `num_keep` tokens and the newest of the rest, until the context is full. */
function classicTokens({ tokens, numCtx, truncate }: PromptToFit): number {
  if (tokens <= numCtx) return tokens;
  if (!truncate) throw new OllamaError(400, INPUT_TOO_LONG);
  return numCtx;
}

/** The newer engine needs room for one token more, and is given about half a context. A prompt with images is never cut. */
function tokensForEngine(prompt: PromptToFit): number {
  const { tokens, images, numCtx, numKeep, truncate, shift } = prompt;
  if (tokens < numCtx) return tokens;
  if (!truncate || images > 0) throw contextExceeded(tokens, numCtx);
  if (!shift) throw new OllamaError(400, SHIFT_REFUSAL);
  const keep = Math.max(0, Math.min(numKeep, numCtx - 1));
  return numCtx - Math.max(Math.floor((numCtx - keep) / 2), 1);
}

/** The engine's refusal, relayed as text: JSON inside JSON. */
function contextExceeded(tokens: number, numCtx: number): OllamaError {
  const error = {
    code: 400,
    message: `request (${tokens} tokens) exceeds the available context size (${numCtx} tokens), try increasing it`,
    type: 'exceed_context_size_error',
    n_prompt_tokens: tokens,
    n_ctx: numCtx,
  };
  return new OllamaError(400, JSON.stringify({ error }));
}
