/** What a backend said of its own, as far as it is for callers. */
import type { BackendAnswer } from '../../domain/errors.ts';

export interface Spoken {
  readonly status: number;
  readonly message: string;
}

/** Answers of what stands before a backend, to which our own key may be wrong, are no business of a caller. */
const NOT_FOR_CALLERS = new Set([401, 403, 407]);

/** Its status and words in the form of Ollama's errors; null where it has none, or where they are not for callers. */
export function spokenBy(answer: BackendAnswer | null): Spoken | null {
  if (!answer) return null;
  const message = errorText(answer.body);
  // A HEAD is answered without words.
  if (message === null && answer.body !== '') return null;
  const status = answer.status ?? 500;
  if (NOT_FOR_CALLERS.has(status) && !message?.startsWith('ollama cloud is disabled')) return null;
  return { status, message: message ?? '' };
}

function errorText(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (value === null || typeof value !== 'object' || !('error' in value)) return null;
    return typeof value.error === 'string' ? value.error : null;
  } catch {
    return null;
  }
}
