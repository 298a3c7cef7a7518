/**
 * How many tokens a prompt has, judged by its text: only the model's server has the tokenizer. Text is weighed by its bytes in UTF-8, which are known
 * at once whatever its length: a letter of English is one byte and a part of a token, a sign of Chinese three and about a whole one.
 */
import type { Prompt } from '../../kinds/kind.ts';

/** Of plain text. English has more than four, code and numbers have three or fewer. */
const CHARACTERS_PER_TOKEN = 3.5;
/** No prose has more: long words, or a language that a vocabulary was made for. */
const MOST_CHARACTERS_PER_TOKEN = 8;
const MOST_SIGNS_PER_TOKEN = 4;
/** From 256 to some 2,900, by model and size. */
const TOKENS_PER_IMAGE = 1_024;
/** What a template puts around a message, and around all of them. */
const TOKENS_PER_TURN = 8;
const FRAME_TOKENS = 32;
/** Texts that share a rate differ by more than this, but seldom. */
const MARGIN = 1.1;

/** Tokens of texts that are like most. Never more for a text than for its parts. */
export function usualTokens(texts: readonly string[]): number {
  return weigh(texts, CHARACTERS_PER_TOKEN, 1);
}

/**
 * What a context has to hold of it.
 * @param rate how the model's tokens were to the usual ones so far; 1 where nobody knows
 */
export function likelyTokens({ texts, turns, images, tokens }: Prompt, rate: number): number {
  const text = Math.ceil(usualTokens(texts) * rate * MARGIN);
  return text + tokens + images * TOKENS_PER_IMAGE + turns * TOKENS_PER_TURN + FRAME_TOKENS;
}

/** A run of one sign may be a single token. */
const RUN = /(.)\1{4,}/gsu;

/** It has more tokens than this, whatever the tokenizer. Images may be made smaller, and count for nothing. */
export function leastTokens({ texts, tokens }: Prompt): number {
  const withoutRuns = texts.map((text) => text.replace(RUN, '$1$1$1$1'));
  return tokens + Math.floor(weigh(withoutRuns, MOST_CHARACTERS_PER_TOKEN, MOST_SIGNS_PER_TOKEN));
}

/** @param perToken characters that are one byte each; @param signsPerToken characters of three */
function weigh(texts: readonly string[], perToken: number, signsPerToken: number): number {
  return texts.reduce((sum, text) => {
    // Characters of two bytes (Cyrillic, Greek) count as half of each.
    const signs = (Buffer.byteLength(text) - text.length) / 2;
    return sum + (text.length - signs) / perToken + signs / signsPerToken;
  }, 0);
}
