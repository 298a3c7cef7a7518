/** How long something takes, as people write it. */
import ms from 'ms';

/** Milliseconds of `7d`, `30m`, `1.5h`, `250ms` or a plain number of milliseconds. */
export function parseDuration(text: string | number): number {
  const value = typeof text === 'number' ? text : ms(text.trim() as ms.StringValue);
  if (value === undefined || !Number.isFinite(value) || value < 0 || value > Number.MAX_SAFE_INTEGER) {
    throw new Error(`"${text}" is not a duration. Write a number with a unit, such as 30m, 24h or 7d.`);
  }
  return Math.round(value);
}
