/**
 * PostgreSQL's texts hold every character but NUL (https://www.postgresql.org/docs/current/datatype-character.html), and names of clients, say,
 * may have one. So NUL is written as two characters, and so is the one that begins them.
 */
import type { SqlValue } from '../sql/statements.ts';

/** For private use: hardly any text has it. */
const MARK = '\u{e000}';
const MARKED = { '\0': `${MARK}0`, [MARK]: `${MARK}1` } as const;
const TO_MARK = /[\0\u{e000}]/gu;
const TO_READ = /\u{e000}([01])/gu;

/** No number is NULL, as it is to SQLite. */
export function escaped(value: SqlValue): SqlValue {
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value !== 'string') return value;
  return value.includes('\0') || value.includes(MARK)
    ? value.replace(TO_MARK, (character) => MARKED[character as keyof typeof MARKED])
    : value;
}

export function unescaped(value: unknown): unknown {
  return typeof value === 'string' && value.includes(MARK)
    ? value.replace(TO_READ, (_, which: string) => (which === '0' ? '\0' : MARK))
    : value;
}
