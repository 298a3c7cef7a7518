/** Text for a screen of fixed size: how wide it is, how it is cut, and short figures. */
import { stripVTControlCharacters } from 'node:util';
import { GiB } from '../../domain/units.ts';

const ESCAPE = '\u001b';

/** Columns that one character takes in a terminal. */
function columnsOf(character: string): number {
  if (/^(?:\p{M}|\u200b|\u200c|\u200d)$/u.test(character)) return 0;
  const wide =
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]$/u;
  return wide.test(character) ? 2 : 1;
}

/** Columns that it takes, colours aside. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character);
  return width;
}

/** At most `width` columns of it, colours kept; what was cut is marked. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = 0;
  let inEscape = false;
  let colored = false;
  for (const character of text) {
    if (inEscape || character === ESCAPE) {
      inEscape = character !== 'm';
      colored = true;
      out += character;
      continue;
    }
    const columns = columnsOf(character);
    if (used + columns > width - 1) break;
    used += columns;
    out += character;
  }
  const mark = width > 0 ? '…' : '';
  return `${out}${colored ? `${ESCAPE}[0m` : ''}${mark}`;
}

/** Without what could move the cursor or change colours: names come from other programs. */
export function cleaned<T>(value: T): T {
  const clean = (_key: string, each: unknown) => (typeof each === 'string' ? cleanedText(each) : each);
  return JSON.parse(JSON.stringify(value), clean);
}

/** The same of a text of several lines, each by itself. */
export function cleanedLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map(cleanedText);
}

function cleanedText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ');
}

/** `4s`, `12m`, `3h`, `2d`. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.round(hours / 24)}d`;
}

/** GiB with one decimal and no unit. */
export function gib(bytes: number): string {
  return (bytes / GiB).toFixed(1);
}

/** `4096` as `4k`. */
export function shortTokens(tokens: number): string {
  return tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024}k` : String(tokens);
}

/** `21:40:03` where the reader is. */
export function clockTime(instant: string): string {
  const at = new Date(instant);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
