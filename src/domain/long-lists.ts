/**
 * What `Math.min(...list)`, `Math.max(...list)` and `push(...list)` do, for lists of any length: a spread is an argument for each element, and
 * more than some 100,000 of them are a RangeError. How many clients, contexts or answers there are is chosen by callers.
 */

/** Infinity for none. */
export function least(numbers: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (const number of numbers) found = Math.min(found, number);
  return found;
}

/** -Infinity for none. */
export function greatest(numbers: Iterable<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const number of numbers) found = Math.max(found, number);
  return found;
}

/** @returns the list's new length, as `push` does */
export function append<T>(list: T[], more: Iterable<T>): number {
  for (const element of more) list.push(element);
  return list.length;
}
