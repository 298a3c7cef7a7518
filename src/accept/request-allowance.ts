/** What one request may have queued in all. Its body has a limit, but a variable of GraphQL can be named in many places, and is kept for each job that names it. */
import { InvalidInputError } from '../domain/errors.ts';
import { MiB } from '../domain/units.ts';

export class RequestAllowance {
  readonly #limitBytes: number;
  #leftBytes: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#leftBytes = limitBytes;
  }

  /**
   * Counts the bytes of all texts, names and images in UTF-8, each as often as it is named, which is never more than their JSON has. What is
   * refused is used up as well.
   * @throws InvalidInputError at `path`
   */
  take(input: unknown, path: readonly string[]): void {
    this.#leftBytes = leftAfter(input, this.#leftBytes);
    if (this.#leftBytes < 0) throw new InvalidInputError([{ path, message: tooMuch(this.#limitBytes) }]);
  }
}

/** Looks no further when nothing is left. By a list of what is still to be looked at, as recursion fails at some thousand levels. */
function leftAfter(input: unknown, leftBytes: number): number {
  const open: unknown[] = [input];
  let left = leftBytes;
  while (open.length > 0 && left >= 0) {
    const value = open.pop();
    if (!isContainer(value)) {
      left -= bytesOf(value, left);
      continue;
    }
    left -= 1;
    const isList = Array.isArray(value);
    const inners: readonly unknown[] = isList ? value : Object.values(value);
    if (!isList) for (const key of Object.keys(value)) left -= key.length + 3;
    for (const inner of inners) {
      if (left < 0) break;
      if (isContainer(inner)) open.push(inner);
      else left -= 1 + bytesOf(inner, left);
    }
  }
  return left;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** @param leftBytes what is longer in characters is not gone through, as a character has one byte or more */
function bytesOf(value: unknown, leftBytes: number): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'string') return 1;
  return 2 + (value.length > leftBytes ? value.length : Buffer.byteLength(value));
}

function tooMuch(limitBytes: number): string {
  return (
    `is too much: all that one request has queued may have ${limitBytes / MiB} MiB (maxBodyBytes), and a text or an image counts as often as ` +
    'it is named. Send fewer jobs in a request, hand images in with storeImage and name their ids, or raise maxBodyBytes.'
  );
}
