import { sha256 } from './catalog.ts';

/** A token is four characters of text, whatever the language: what the recordings were made with, too. */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

const WORDS =
  'the of and to in is that it was for on are as with they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more two like him see time could make than first been its who now people made over did down only way find use may water long little very after called just where most know'.split(
    ' ',
  );

/** A number that depends on nothing but the text. */
export function hashNumber(text: string): number {
  return Number.parseInt(sha256(text).slice(0, 12), 16);
}

/** The words that a model "says": the same for the same model, prompt and seed. */
export function wordAt(hash: number, index: number): string {
  const word = WORDS[(hash + index * 7 + (hash % 13) * index * index) % WORDS.length] ?? 'the';
  return index === 0 ? word : ` ${word}`;
}

/** How long an unlimited answer is: around `mean`, by the prompt. */
export function naturalLength(hash: number, mean: number): number {
  return Math.max(1, Math.round(mean * (0.5 + (hash % 1_000) / 1_000)));
}
