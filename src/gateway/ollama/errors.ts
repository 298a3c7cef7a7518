/** What goes wrong, in Ollama's form: a status, and `{"error": text}`. */
import { INPUT_TOO_LONG, OllamaError, QUEUE_FULL } from '../../ollama-api/errors.ts';
import { type Exchange, sendError } from '../../ollama-api/exchange.ts';
import { type Problem, problemHeaders } from '../shared/problem.ts';

/**
 * What a backend said is passed on; else the words are ours, but for those that clients look for. A prompt that is too long is refused in the
 * same ones wherever that was found out: here, or by any of the engines.
 */
export function ollamaError({ code, message, spoken, status }: Problem): OllamaError {
  if (code === 'CONTEXT_LENGTH_EXCEEDED') return new OllamaError(400, INPUT_TOO_LONG);
  if (spoken) return new OllamaError(spoken.status, spoken.message);
  return new OllamaError(status, code === 'QUEUE_FULL' ? QUEUE_FULL : message);
}

export function tellHeaders({ response }: Exchange, problem: Parameters<typeof problemHeaders>[0]): void {
  if (response.headersSent) return;
  for (const [name, value] of Object.entries(problemHeaders(problem))) response.setHeader(name, value);
}

export function sendProblem(exchange: Exchange, problem: Problem): void {
  tellHeaders(exchange, problem);
  sendError(exchange, ollamaError(problem));
}

/** Models that run on their makers' servers: no byte of them is on a backend. */
export function cloudDisabled(what: string): OllamaError {
  return new OllamaError(403, `ollama cloud is disabled: ${what}`);
}
