/** Bodies of calls that are about batches. */
import { badRequest } from '../shared/problem.ts';

/** @throws ProblemError 400 */
export function jsonObjectOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest('The body must be JSON.');
  }
  if (!isObject(value)) throw badRequest('The body must be a JSON object.');
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
