/** JSON objects in bodies. */
import { badRequest } from './problem.ts';

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param body undefined where it was no JSON. @throws ProblemError 400 */
export function jsonObjectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined) throw badRequest('The body must be JSON.');
  if (!isObject(body)) throw badRequest('The body must be a JSON object.');
  return body;
}
