/** What goes wrong, in OpenAI's form: `{"error": {message, type, param, code}}`. */
import { OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, sendJson } from '../../ollama-api/exchange.ts';
import { ollamaError, tellHeaders } from '../ollama/errors.ts';
import type { Problem } from '../shared/problem.ts';

export interface OpenaiError {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: null;
      readonly code: string | null;
    };
  };
}

/** @param problem what went wrong, or what Ollama's server would answer itself, which has no code */
export function openaiError(problem: Problem | OllamaError): OpenaiError {
  if (problem instanceof OllamaError) return worded(problem, null);
  return worded(ollamaError(problem), problem.code.toLowerCase());
}

function worded({ status, message }: OllamaError, code: string | null): OpenaiError {
  return { status, body: { error: { message, type: typeOf(status), param: null, code } } };
}

function typeOf(status: number): string {
  switch (status) {
    case 400:
      return 'invalid_request_error';
    case 404:
      return 'not_found_error';
    case 429:
      return 'rate_limit_error';
    default:
      return 'api_error';
  }
}

export function sendProblem(exchange: Exchange, problem: Problem | OllamaError): void {
  // What Ollama refuses it refuses again.
  const refused = { retryAfterMs: null, retryable: false, spoken: null };
  tellHeaders(exchange, { ...refused, ...problem, status: problem.status });
  const { status, body } = openaiError(problem);
  sendJson(exchange, status, body);
}
