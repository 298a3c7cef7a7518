/** What a list is asked for with, after the path. */
import type { Exchange } from '../../ollama-api/exchange.ts';
import { badRequest } from '../shared/problem.ts';

export function queryOf({ request }: Pick<Exchange, 'request'>): URLSearchParams {
  return new URL(request.url ?? '/', 'http://localhost').searchParams;
}

/** @throws ProblemError 400 */
export function limitIn(
  query: URLSearchParams,
  { most, otherwise }: { readonly most: number; readonly otherwise: number },
): number {
  const text = query.get('limit');
  if (text === null) return otherwise;
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw badRequest(`limit must be a whole number from 1 to ${most}.`);
}

/** @throws ProblemError 400 */
export function choiceIn<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly T[],
): T | null {
  const text = query.get(name);
  if (text === null) return null;
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw badRequest(`${name} must be one of ${choices.join(', ')}.`);
  return choice;
}
