/** What is at an address where an Ollama may be. */
import { networkInterfaces } from 'node:os';
import { request } from 'undici';
import type { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { isLocal, tagsAnswer, versionAnswer } from './wire.ts';

/** A server on this machine answers within milliseconds; one that is just starting may read its models first. */
const ANSWER_WITHIN_MS = 3_000;

export type OllamaAnswer =
  | { readonly kind: 'answers'; readonly version: string }
  /** Something listens there, and whether it is an Ollama cannot be told. Whatever it is, the address is taken. */
  | { readonly kind: 'closed'; readonly why: string }
  /** Something answers there that is no Ollama. */
  | { readonly kind: 'strange'; readonly said: string }
  /** Nobody listens there. */
  | { readonly kind: 'silent' };

/** Where an Ollama is asked for, and what is sent along. */
export interface Address {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Never throws. `signal` ends it as silent. */
export async function askOllama(
  { url, headers }: Address,
  clock: Clock,
  signal?: AbortSignal,
): Promise<OllamaAnswer> {
  const outcome = await ask({ url: `${url}/api/version`, headers }, versionAnswer, clock, signal);
  return outcome.kind === 'answers' ? { kind: 'answers', version: outcome.answer.version } : outcome;
}

/** What an Ollama says of itself and of its models, without those that run elsewhere; or what is there instead. Never throws. */
export async function checkOllama({ url, headers }: Address, clock: Clock): Promise<ServerCheck> {
  const server = await askOllama({ url, headers }, clock);
  if (server.kind !== 'answers') return server;
  const tags = await ask({ url: `${url}/api/tags`, headers }, tagsAnswer, clock);
  if (tags.kind !== 'answers') return tags;
  return { ...server, models: (tags.answer.models ?? []).filter(isLocal).map(({ name }) => name) };
}

export type ServerCheck =
  | { readonly kind: 'answers'; readonly version: string; readonly models: readonly string[] }
  | Exclude<OllamaAnswer, { kind: 'answers' }>;

type Outcome<T> =
  | { readonly kind: 'answers'; readonly answer: T }
  | Exclude<OllamaAnswer, { kind: 'answers' }>;

const WANTS_KEY: readonly number[] = [401, 403, 407];
/** What a proxy says while the server behind it is not there, or busy. */
const NOT_NOW: readonly number[] = [408, 429, 500, 502, 503, 504];

/** What `url` answers, or what it is instead. Never throws. */
async function ask<T>(
  { url, headers }: Address,
  schema: z.ZodType<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  const late = new AbortController();
  const timer = clock.after(ANSWER_WITHIN_MS, () => late.abort());
  try {
    const signals = signal ? [late.signal, signal] : [late.signal];
    // It follows no redirection: a key is for this server alone.
    const { statusCode, body } = await request(url, {
      headers: headers ?? {},
      signal: AbortSignal.any(signals),
    });
    const text = await body.text();
    if (WANTS_KEY.includes(statusCode)) return { kind: 'closed', why: wantsKey(statusCode) };
    if (NOT_NOW.includes(statusCode)) return { kind: 'closed', why: `it answers with status ${statusCode}` };
    if (statusCode !== 200) return { kind: 'strange', said: `status ${statusCode}` };
    const { success, data } = schema.safeParse(parseJson(text));
    return success
      ? { kind: 'answers', answer: data }
      : { kind: 'strange', said: 'an answer that is not from Ollama' };
  } catch (error) {
    if (signal?.aborted || isNobody(error)) return { kind: 'silent' };
    return late.signal.aborted
      ? { kind: 'closed', why: `no answer came within ${ANSWER_WITHIN_MS} ms` }
      : { kind: 'strange', said: 'it does not speak HTTP' };
  } finally {
    timer.cancel();
  }
}

function wantsKey(status: number): string {
  return `it wants a key, or another one (status ${status}): set VRAMKEEPER_BACKEND_KEY, or apiKey or headers of the backend`;
}

/** Whether the connection itself could not be made. */
export function isNobody(error: unknown): boolean {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.some((each) => each instanceof Error && 'code' in each && NOBODY.includes(String(each.code)));
}

const NOBODY: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
];

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
