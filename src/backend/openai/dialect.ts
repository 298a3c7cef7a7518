/** How far a server's API goes beyond OpenAI's own. */
import type { JsonObject } from '../../domain/json.ts';

/**
 * - `loose`: engines that people run themselves take options of each other's, and pass over what they do not know.
 * - `strict`: companies refuse a field that is not in their API.
 */
export type Dialect = 'loose' | 'strict';

/** Of Ollama's options, how it runs a model, or what is said in OpenAI's API otherwise. */
const OLLAMAS_OWN: ReadonlySet<string> = new Set([
  'num_predict',
  'num_keep',
  'numa',
  'low_vram',
  'vocab_only',
  'use_mlock',
  'penalize_newline',
]);

/** Samplers of engines that OpenAI's API has not. */
const ENGINES_OWN: ReadonlySet<string> = new Set([
  'top_k',
  'min_p',
  'typical_p',
  'tfs_z',
  'repeat_last_n',
  'repeat_penalty',
  'mirostat',
  'mirostat_eta',
  'mirostat_tau',
]);

/** What is passed on by its own name: of names that nobody here knows, all. */
export function passedOn(extra: JsonObject, dialect: Dialect): JsonObject {
  const isPassed = (name: string) =>
    !OLLAMAS_OWN.has(name) && (dialect === 'loose' || !ENGINES_OWN.has(name));
  return Object.fromEntries(Object.entries(extra).filter(([name]) => isPassed(name)));
}
