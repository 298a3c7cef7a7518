import { stringifyDeep } from '../domain/deep-json.ts';

const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators escaped, and however deep it is. */
export function stringifyGo(value: unknown): string {
  return stringifyDeep(value).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A time as Go prints it in JSON: RFC 3339 in UTC, without trailing zeros. */
export function goTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const fraction = Math.round((epochMs - whole) * 1e6);
  const iso = new Date(whole).toISOString();
  const nanoseconds = `${iso.slice(-4, -1)}${String(fraction).padStart(6, '0')}`.replace(/0+$/, '');
  return `${iso.slice(0, -5).replace(/^([+-])0*/, '')}${nanoseconds ? `.${nanoseconds}` : ''}Z`;
}
