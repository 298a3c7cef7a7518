/** Instants as text, as callers write them. */

/** RFC 3339 with an offset; fractions beyond milliseconds are cut off. Group 1 is the day of the month. */
const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** What four digits of a year can say, in epoch milliseconds. */
export const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
export const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Null for what is no RFC 3339 instant with an offset. */
export function parseInstant(value: unknown): Date | null {
  const match = typeof value === 'string' ? RFC_3339.exec(value) : null;
  if (!match) return null;
  const text = String(value).toUpperCase();
  const date = new Date(text);
  // Date turns 30 February into 2 March; the day as written, in its own offset, tells.
  const midnight = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const ms = date.getTime();
  return midnight.getUTCDate() === Number(match[1]) && ms >= FIRST_MS && ms <= LAST_MS ? date : null;
}
