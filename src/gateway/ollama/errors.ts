import { OllamaError } from '../../ollama-api/errors.ts';
import { failureOf } from '../shared/failure.ts';

/** What Ollama's clients are told of an error; what nobody expected is thrown on. */
export function ollamaError(error: unknown): unknown {
  if (error instanceof OllamaError) return error;
  const failure = failureOf(error);
  return failure ? new OllamaError(failure.status, failure.message, { cause: error }) : error;
}

/** Models that run on their makers' servers: no byte of them is on a backend. */
export function cloudDisabled(what: string): OllamaError {
  return new OllamaError(403, `ollama cloud is disabled: ${what}`);
}
