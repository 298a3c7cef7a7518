/** What it means when a server of OpenAI's API refuses, as a table: by what it says first, then by its status. */
import { PromptTooLongError } from '../../domain/context-errors.ts';
import {
  BackendError,
  type BackendErrorOptions,
  type FailureCode,
  type Remedy,
} from '../../domain/errors.ts';
import { errorAnswer } from './wire.ts';

/** Longer texts than this are no sentence for people. */
const LONGEST_TEXT = 500;

interface ErrorRow {
  readonly statuses: readonly number[];
  /** Of the server's own words, its code and its type among them; absent: whatever it says. */
  readonly says?: RegExp;
  readonly code: FailureCode;
  readonly remedy: Remedy;
  /** `%p` is the path, `%u` the server. */
  readonly tells: string;
  /** Nothing that the instance could be blamed for. */
  readonly aboutRequest?: boolean;
}

/** Of a prompt that does not fit, as llama.cpp (of a context, and of a batch of embeddings), vLLM, SGLang, OpenAI, TabbyAPI, LM Studio and Anthropic say it. */
const TOO_LONG = [
  /exceed_context_size_error/,
  /input \(\d+ tokens\) is too large to process/i,
  /maximum (context|model|sequence) length/i,
  /longer than the model's context length/i,
  /context_length_exceeded/,
  /context length of only \d+/i,
  /prompt is too long/i,
];

/** Of an answer that was asked to be longer than there is room for: vLLM, OpenAI (the words of both hold those of a prompt that is too long) and Anthropic. */
const ANSWER_TOO_LONG = [
  /max_(completion_)?tokens\W.*(is )?too large/is,
  /\d+ in the (messages|prompt), \d+ in the completion/i,
  /max_tokens: \d+ > \d+/,
  /input length and `max_tokens` exceed/,
];

/** OpenAI, of models that think: their limit is one of thinking and text together, and has a name of its own. */
const OTHER_LIMIT = /'?max_tokens'? is not supported.*max_completion_tokens/is;

const WANTS_KEY = '%u wants a key, or another one (status %s): set apiKey or headers of the backend.';
const NO_CREDIT = '%u says that the account has no credit left (status %s).';

export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    statuses: [402],
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: NO_CREDIT,
  },
  {
    statuses: [403, 429],
    says: /insufficient[_ ](quota|balance|credit|funds)/i,
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: NO_CREDIT,
  },
  {
    statuses: [400],
    says: /credit balance is too low/i,
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: NO_CREDIT,
  },
  {
    statuses: [401, 403],
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: WANTS_KEY,
  },
  {
    // Google.
    statuses: [400],
    says: /api key (not valid|expired|not found)/i,
    code: 'BACKEND_ERROR',
    remedy: 'wait',
    tells: WANTS_KEY,
  },
  {
    statuses: [404],
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
    // Anthropic's 529 is of all who ask, as 503 is elsewhere.
    statuses: [429, 529],
    code: 'BACKEND_ERROR',
    remedy: 'busy',
    tells: '%u has too much to do (status %s).',
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
  const { url, path, body, retryAfterMs } = refused;
  const { text, named, promptTokens, code } = wordsOf(body);
  // An error in the middle of an answer names its status itself.
  const status = refused.status ?? code;
  const answer = { status: refused.status, body };
  if (OTHER_LIMIT.test(body)) return new OtherLimitError(text, { answer, aboutRequest: true });
  if (isAnswerTooLong(body)) return new AnswerTooLongError(text, { answer, aboutRequest: true });
  if (TOO_LONG.some((words) => words.test(body))) {
    const message = 'The prompt is longer than the context of the model.';
    return new PromptTooLongError(message, {
      answer,
      aboutRequest: true,
      promptTokens,
      ownerMessage: withWords(message, text),
    });
  }
  const row = ERROR_TABLE.find(
    ({ statuses, says }) =>
      status !== null && statuses.includes(status) && (says?.test(`${named} ${text}`) ?? true),
  );
  const told = (row?.tells ?? '%u could not do it (status %s).')
    .replace('%u', () => url)
    .replace('%p', () => path)
    .replace('%s', () => String(status ?? 'in its answer'));
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

/** The answer was asked to be longer than the room that the prompt leaves. */
export class AnswerTooLongError extends BackendError {
  constructor(text: string, options: BackendErrorOptions) {
    const message =
      'The answer may not be as long as asked: the context has not so much room beside the prompt.';
    super('REQUEST_REJECTED', 'none', message, { ...options, ownerMessage: withWords(message, text) });
  }
}

/** The limit of the answer has another name for this model. */
export class OtherLimitError extends BackendError {
  constructor(text: string, options: BackendErrorOptions) {
    const message = 'This model takes no max_tokens, but max_completion_tokens.';
    super('REQUEST_REJECTED', 'none', message, { ...options, ownerMessage: withWords(message, text) });
  }
}

function isAnswerTooLong(body: string): boolean {
  return ANSWER_TOO_LONG.some((words) => words.test(body));
}

/** Of `prompt is too long: 210000 tokens > 200000 maximum`. */
function tokensIn(text: string): number | null {
  const [, tokens] = /too long: (\d+) tokens/.exec(text) ?? [];
  return tokens === undefined ? null : Number(tokens);
}

/** Anthropic names an error in the middle of an answer by its type alone. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  authentication_error: 401,
  permission_error: 403,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** What it says, in whichever of the forms. */
function wordsOf(body: string): {
  readonly text: string;
  /** Its code and its type. */
  readonly named: string;
  readonly promptTokens: number | null;
  readonly code: number | null;
} {
  const { error, message, detail } = errorAnswer.safeParse(parseJson(body)).data ?? {};
  const words = typeof error === 'string' ? error : error?.message;
  const told = typeof error === 'object' ? error : null;
  const found = words ?? message ?? (typeof detail === 'string' ? detail : undefined) ?? body;
  return {
    text: found.slice(0, LONGEST_TEXT).replace(/\s+/g, ' ').trim(),
    named: `${told?.code ?? ''} ${told?.type ?? ''}`,
    promptTokens: told?.n_prompt_tokens ?? tokensIn(found),
    code: typeof told?.code === 'number' ? told.code : (STATUS_OF_TYPE[told?.type ?? ''] ?? null),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
