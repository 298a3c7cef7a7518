/** What tokens of a provider cost, in whatever currency the settings give prices in. */
import type { TokenUsage } from './job.ts';

/** For a million tokens. */
export interface Price {
  readonly prompt: number;
  readonly completion: number;
  /** Of a prompt, those that the provider had in its cache. */
  readonly cachedPrompt: number;
}

const MILLION = 1e6;

/** As costs are counted: in whole millionths. */
export function inMillionths(cost: number): number {
  return Math.round(cost * MILLION);
}

export function fromMillionths(count: number): number {
  return count / MILLION;
}

type Tokens = Pick<TokenUsage, 'promptTokens' | 'completionTokens' | 'cachedPromptTokens'>;

export function costOf(
  { promptTokens, completionTokens, cachedPromptTokens = 0 }: Tokens,
  { prompt, completion, cachedPrompt }: Price,
): number {
  const cached = Math.min(cachedPromptTokens, promptTokens);
  return ((promptTokens - cached) * prompt + cached * cachedPrompt + completionTokens * completion) / MILLION;
}
