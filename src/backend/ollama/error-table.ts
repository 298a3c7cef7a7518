/**
 * What Ollama's failures mean. The rows follow the error table of its HTTP API as read from its source (v0.24 and v0.33), checked
 * against recorded answers of both.
 */
import { BackendError } from '../../domain/errors.ts';
import { type Answer, type Endpoint, ERROR_TABLE, type ErrorRow } from './error-rows.ts';

export { type Answer, type Endpoint, ERROR_TABLE, type ErrorRow } from './error-rows.ts';

/** The row that an answer falls under. The last row takes everything, so there always is one. */
export function errorRow(answer: Answer): ErrorRow {
  const row = ERROR_TABLE.find(
    (candidate) =>
      (candidate.status === undefined || candidate.status.includes(answer.status)) &&
      (candidate.endpoint === undefined || [candidate.endpoint].flat().includes(answer.endpoint)) &&
      (candidate.text === undefined || candidate.text.test(answer.text)),
  );
  if (!row) throw new TypeError('The error table has lost its last row.');
  return row;
}

/** What people and programs are told about an error answer. */
export function answerError(endpoint: Endpoint, status: number | null, body: string): BackendError {
  const text = errorText(body);
  const row = errorRow({ endpoint, status, text });
  const said = text === '' ? `status ${status} without a text` : `"${shorten(text)}"`;
  return new BackendError(row.code, row.remedy, `Ollama answered ${endpoint} with ${said}. ${row.advice}`);
}

/**
 * The innermost text of an error body. An engine's own refusal arrives as JSON inside the JSON string, and errors relayed from
 * elsewhere have `message` one level down.
 */
export function errorText(body: string): string {
  let text = body.trim();
  for (let depth = 0; depth < 4 && text.startsWith('{'); depth += 1) {
    const inner = errorField(text);
    if (inner === null) break;
    text = inner.trim();
  }
  return text;
}

function errorField(json: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  for (let depth = 0; depth < 4; depth += 1) {
    if (typeof value === 'string') return value;
    if (value === null || typeof value !== 'object') return null;
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
