/** How many tokens a model really makes of a text, learned from its answers. In memory alone: a few answers teach it again. */
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { Prompt } from '../../kinds/kind.ts';
import { usualTokens } from './prompt-size.ts';

const MOST_MODELS = 500;
/** Of a shorter prompt the template is too large a part. */
const LEAST_TOKENS = 256;
/** A text of one kind says little of others: what it could teach is bounded. */
const LEAST_RATE = 0.6;
const MOST_RATE = 4;
/** How much of what is seen is believed: prompts of one model are of many kinds. */
const SHARE = 0.2;

export class TokenRates {
  readonly #rates = new BoundedMap<string, number>(MOST_MODELS);

  /** Tokens of a text by this model, to those that are usual. @param model canonical */
  of(model: string): number {
    return this.#rates.get(model) ?? 1;
  }

  /** @param promptTokens as the server counted them, for a prompt that it was given whole */
  learn(model: string, { texts, images, tokens }: Prompt, promptTokens: number): void {
    const usual = usualTokens(texts);
    if (images > 0 || tokens > 0 || usual < LEAST_TOKENS || promptTokens < 1) return;
    const seen = Math.min(MOST_RATE, Math.max(LEAST_RATE, promptTokens / usual));
    const known = this.of(model);
    this.#rates.set(model, known + SHARE * (seen - known));
  }
}
