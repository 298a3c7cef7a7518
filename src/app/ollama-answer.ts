/** Whether an Ollama answers at an address. */
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { isLoopback } from '../config/load.ts';

/** A server on this machine answers within milliseconds; one that is just starting may read its models first. */
const ANSWER_WITHIN_MS = 3_000;

const versionAnswer = z.object({ version: z.string() });

export type OllamaAnswer =
  | { readonly kind: 'answers'; readonly version: string }
  /** Something listens there that is no Ollama. */
  | { readonly kind: 'strange'; readonly said: string }
  | { readonly kind: 'silent' };

/** Never throws. `signal` ends it as silent. */
export async function askOllama(url: string, clock: Clock, signal?: AbortSignal): Promise<OllamaAnswer> {
  const outcome = await ask(`${url}/api/version`, versionAnswer, clock, signal);
  return outcome.kind === 'answers' ? { kind: 'answers', version: outcome.answer.version } : outcome;
}

export type Outcome<T> =
  | { readonly kind: 'answers'; readonly answer: T }
  | Exclude<OllamaAnswer, { kind: 'answers' }>;

/** What `url` answers, or what it is instead. Never throws. */
export async function ask<T>(
  url: string,
  schema: z.ZodType<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  const late = new AbortController();
  const timer = clock.after(ANSWER_WITHIN_MS, () => late.abort());
  try {
    const signals = signal ? [late.signal, signal] : [late.signal];
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    const text = await response.text();
    if (!response.ok) return { kind: 'strange', said: `status ${response.status}` };
    const { success, data } = schema.safeParse(parseJson(text));
    return success
      ? { kind: 'answers', answer: data }
      : { kind: 'strange', said: 'an answer that is not from Ollama' };
  } catch {
    return { kind: 'silent' };
  } finally {
    timer.cancel();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a URL leads to this machine: what a server there loads lies in our memory. */
export function isHere(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isLoopback(host)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === host),
  );
}
