/** What a process wrote, as sentences quote it. A program may write anything, and as much as it likes: the whole is in its log. */
import { stripVTControlCharacters } from 'node:util';

const LONGEST_LINE = 300;
/** Of all lines together. */
const LONGEST_QUOTE = 2_000;

/** In sight on one line, and never long. Of what a progress bar has written over, the last. */
export function quotedLine(line: string): string {
  const last = line.split('\r').findLast((part) => part.trim() !== '') ?? '';
  // Only its beginning is quoted, so no more is looked through.
  const seen = stripVTControlCharacters(last.slice(0, 4 * LONGEST_LINE));
  const plain = seen
    .replaceAll('\t', '  ')
    .replaceAll(/\p{Cc}/gu, '')
    .trimEnd();
  return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE).toWellFormed()}…` : plain;
}

/** The newest of them that there is room for, oldest first. */
export function quotedLines(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let room = LONGEST_QUOTE;
  for (const line of lines.toReversed()) {
    const quoted = quotedLine(line);
    room -= quoted.length + 1;
    if (room < 0) break;
    kept.unshift(quoted);
  }
  return kept;
}
