/** What it means when a server of OpenAI's API refuses, as a table: by what it says first, then by its status. */
import { PromptTooLongError } from '../../domain/context-errors.ts';
import { BackendError, type FailureCode, type Remedy } from '../../domain/errors.ts';
import { errorAnswer } from './wire.ts';

/** Longer texts than this are no sentence for people. */
const LONGEST_TEXT = 500;

interface ErrorRow {
  readonly statuses: readonly number[];
  /** Of the server's own words; absent: whatever it says. */
  readonly says?: RegExp;
  readonly code: FailureCode;
  readonly remedy: Remedy;
  /** `%p` is the path, `%u` the server. */
  readonly tells: string;
  /** Nothing that the instance could be blamed for. */
  readonly aboutRequest?: boolean;
}

/** Of a prompt that does not fit: llama.cpp, vLLM, SGLang, OpenAI, and TabbyAPI, in this order. */
const TOO_LONG =
  /exceed_context_size_error|maximum context length|longer than the model's context length|context_length_exceeded|exceeds the maximum (context|sequence) length/i;

export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    statuses: [401, 403],
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: '%u wants a key, or another one (status %s): set apiKey or headers of the backend.',
  },
  {
    statuses: [404, 405, 501],
    says: /model|adapter/i,
    code: 'MODEL_NOT_FOUND',
    remedy: 'none',
    tells: '%u does not have this model any more.',
  },
  {
    statuses: [404, 405, 501],
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    aboutRequest: true,
    tells: '%u does not do this: it has no %p for this model.',
  },
  {
    statuses: [429],
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    tells: '%u has too much to do (status 429).',
  },
  {
    statuses: [503],
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    tells: '%u is not ready, or has too much to do (status 503).',
  },
  {
    statuses: [502, 504],
    code: 'BACKEND_UNREACHABLE',
    remedy: 'wait',
    tells: 'A proxy at %u does not reach the server behind it (status %s).',
  },
  {
    statuses: [500],
    says: /out of memory|failed to allocate/i,
    code: 'OUT_OF_MEMORY',
    remedy: 'retry',
    tells: '%u ran out of memory.',
  },
  {
    statuses: [400, 413, 415, 422],
    code: 'REQUEST_REJECTED',
    remedy: 'none',
    aboutRequest: true,
    tells: '%u refused the request (status %s).',
  },
];

export interface Refused {
  readonly url: string;
  readonly path: string;
  /** Null in the middle of an answer, whose status was 200. */
  readonly status: number | null;
  readonly body: string;
  readonly retryAfterMs?: number | undefined;
}

export function refusal(refused: Refused): BackendError {
  const { url, path, status, body, retryAfterMs } = refused;
  const { text, promptTokens } = wordsOf(body);
  const answer = { status, body };
  if (TOO_LONG.test(body)) {
    const message = 'The prompt is longer than the context of the model.';
    return new PromptTooLongError(message, {
      answer,
      aboutRequest: true,
      promptTokens,
      ownerMessage: withWords(message, text),
    });
  }
  const row = ERROR_TABLE.find(
    ({ statuses, says }) => status !== null && statuses.includes(status) && (says?.test(text) ?? true),
  );
  const told = (row?.tells ?? '%u could not do it (status %s).')
    .replace('%u', () => url)
    .replace('%p', () => path)
    .replace('%s', () => String(status ?? 200));
  return new BackendError(row?.code ?? 'BACKEND_ERROR', row?.remedy ?? 'retry', told, {
    answer,
    retryAfterMs,
    aboutRequest: row?.aboutRequest ?? false,
    ownerMessage: withWords(told, text),
  });
}

function withWords(message: string, text: string): string {
  return text === '' ? message : `${message} It says: ${text}`;
}

/** What it says, in whichever of the forms. */
function wordsOf(body: string): { readonly text: string; readonly promptTokens: number | null } {
  const { error, message, detail } = errorAnswer.safeParse(parseJson(body)).data ?? {};
  const named = typeof error === 'string' ? error : error?.message;
  const found = named ?? message ?? (typeof detail === 'string' ? detail : undefined) ?? body;
  return {
    text: found.slice(0, LONGEST_TEXT).replace(/\s+/g, ' ').trim(),
    promptTokens: (typeof error === 'object' ? error?.n_prompt_tokens : undefined) ?? null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
