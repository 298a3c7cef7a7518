/**
 * What Ollama's failures mean. The rows follow the error table of its HTTP API as read from its source (v0.24 and v0.33), checked
 * against recorded answers of both.
 */
import { PromptTooLongError } from '../../domain/context-errors.ts';
import { BackendError, EngineDiedError } from '../../domain/errors.ts';
import type { Answer, Endpoint, ErrorRow } from './error-row.ts';
import { ERROR_TABLE } from './error-rows.ts';

export type { Answer, Endpoint, ErrorRow } from './error-row.ts';
export { ERROR_TABLE } from './error-rows.ts';

/** The row that an answer falls under. The last row takes everything, so there always is one. */
export function errorRow(answer: Answer): ErrorRow {
  const row = ERROR_TABLE.find(
    (candidate) =>
      (candidate.status === undefined || candidate.status.includes(answer.status)) &&
      (candidate.endpoint === undefined || [candidate.endpoint].flat().includes(answer.endpoint)) &&
      (candidate.text === undefined || candidate.text.test(answer.text)) &&
      (candidate.refusedByEngine === undefined || answer.refusedByEngine === true),
  );
  if (!row) throw new TypeError('The error table has lost its last row.');
  return row;
}

/**
 * What people and programs are told about an error answer.
 * @param call whether it carried content, which the answer may quote
 * @param retryAfterMs what the answer itself asked for
 */
export function answerError(
  { endpoint, carriesContent }: { readonly endpoint: Endpoint; readonly carriesContent: boolean },
  status: number | null,
  body: string,
  retryAfterMs?: number,
): BackendError {
  const { text, engineStatus } = readErrorBody(body);
  const row = errorRow({ endpoint, status, text, refusedByEngine: isRefusal(engineStatus) });
  const answer = status === null ? 'an error' : `status ${status}`;
  const whole = text === '' ? `${answer} without a text` : `"${shorten(text)}"`;
  const open = carriesContent && text !== '' ? `${answer} (${row.name})` : whole;
  const finding = `Ollama answered ${endpoint} with ${open}.`;
  const message = `${finding} ${row.advice}`;
  const quoted = `Ollama answered ${endpoint} with ${whole}. ${row.advice}`;
  const { aboutRequest } = row;
  const options = { retryAfterMs, aboutRequest, ownerMessage: quoted, finding, answer: { status, body } };
  if (row.promptTooLong)
    return new PromptTooLongError(message, { ...options, promptTokens: countedIn(body) });
  const Kind = row.engineDied ? EngineDiedError : BackendError;
  return new Kind(row.code, row.remedy, message, options);
}

/** The newer engine says how many tokens the prompt has that it refuses. */
function countedIn(body: string): number | null {
  const [, tokens] = /n_prompt_tokens\W{1,8}(\d{1,9})/.exec(body) ?? [];
  return tokens === undefined ? null : Number(tokens);
}

/** A status that says "the request is wrong", and not "come again later". */
function isRefusal(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

interface ErrorBody {
  readonly text: string;
  /** As an engine told it inside of its own error; null where it told none. */
  readonly engineStatus: number | null;
}

/**
 * The innermost text of an error body. An engine's own refusal arrives as JSON inside the JSON string, and errors relayed from
 * elsewhere have `message` one level down.
 */
export function readErrorBody(body: string): ErrorBody {
  let found: ErrorBody = { text: body.trim(), engineStatus: null };
  for (let depth = 0; depth < 4 && found.text.startsWith('{'); depth += 1) {
    const inner = errorField(found.text);
    if (inner === null) break;
    found = { text: inner.text.trim(), engineStatus: inner.engineStatus ?? found.engineStatus };
  }
  return found;
}

function errorField(json: string): ErrorBody | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  let engineStatus: number | null = null;
  for (let depth = 0; depth < 4; depth += 1) {
    if (typeof value === 'string') return { text: value, engineStatus };
    if (value === null || typeof value !== 'object') return null;
    if ('code' in value && typeof value.code === 'number') engineStatus = value.code;
    if ('error' in value) value = value.error;
    else if ('message' in value) value = value.message;
    else return null;
  }
  return null;
}

const LONGEST_QUOTE = 600;
function shorten(text: string): string {
  const line = text.replace(/\s*[\r\n]\s*/g, ' ');
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}
