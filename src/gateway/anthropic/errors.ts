/** What goes wrong, in Anthropic's form: a type by the status, words, and the id of the request. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../domain/json.ts';
import { type Exchange, sendJson } from '../../ollama-api/exchange.ts';
import { ollamaError, tellHeaders } from '../ollama/errors.ts';
import type { Problem } from '../shared/problem.ts';

export interface ApiError {
  readonly status: number;
  readonly message: string;
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [529, 'overloaded_error'],
]);

function typeOf(status: number): string {
  return TYPES.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

export function errorBody({ status, message }: ApiError, requestId: string): JsonObject {
  return { type: 'error', error: { type: typeOf(status), message }, request_id: requestId };
}

/** In the words of Ollama's server, but for what programs look for in them. */
export function apiError(problem: Problem): ApiError {
  if (problem.code !== 'CONTEXT_LENGTH_EXCEEDED') return ollamaError(problem);
  return { status: 400, message: `prompt is too long (context_length_exceeded): ${problem.message}` };
}

export function sendProblem(exchange: Exchange, problem: Problem): void {
  tellHeaders(exchange, problem);
  sendError(exchange, apiError(problem));
}

/** What Ollama refuses it refuses again. */
export function sendRefusal(exchange: Exchange, error: ApiError): void {
  tellHeaders(exchange, { retryAfterMs: null, retryable: false, spoken: null, status: error.status });
  sendError(exchange, error);
}

export function sendError(exchange: Exchange, error: ApiError): void {
  sendJson(exchange, error.status, errorBody(error, requestIdOf(exchange.response)));
}

const REQUEST_ID = 'request-id';

export function identify(response: ServerResponse, requestId: string): void {
  response.setHeader(REQUEST_ID, requestId);
}

/** @returns what `identify` has set */
export function requestIdOf(response: ServerResponse): string {
  return String(response.getHeader(REQUEST_ID) ?? '');
}
