/** Values of flags and arguments, as the parser of the command line takes them. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { messageOf } from '../../domain/errors.ts';
import { parseBytes } from '../../domain/units.ts';

/** Of a flag that may be given again. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

export function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text.trim()) || value < least || value > most)
      throw new InvalidArgumentError(`It has to be a whole number from ${least} to ${most}.`);
    return value;
  };
}

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It has to be a number above 0.');
  return value;
}

export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It has to be a number from 0 on.');
  return value;
}

/** Bytes of `4GiB`, `512MiB` or `8GB`; more than none. */
export function size(text: string): number {
  const bytes = checked(() => parseBytes(text));
  if (bytes < 1) throw new InvalidArgumentError('It has to be more than nothing.');
  return bytes;
}

/** Milliseconds of `2h`, `30m` or `90s`; more than none. */
export function span(text: string): number {
  const ms = checked(() => parseDuration(text));
  if (ms < 1) throw new InvalidArgumentError('It has to be more than nothing.');
  return ms;
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
