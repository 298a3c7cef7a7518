/** Sentences in a terminal: broken between words, never within one that fits on a line. */
import { widthOf } from './text.ts';

/**
 * @param columns of a line; null leaves the text as it is
 * @param indent spaces before every line but the first; fewer before a word that only fits so
 */
export function wrapped(text: string, columns: number | null, indent = 0): string {
  if (columns === null) return text;
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= columns ? line : broken(line, columns, indent)))
    .join('\n');
}

function broken(line: string, columns: number, indent: number): string {
  const lines: string[] = [];
  // Spaces belong to the word after them, so that what is aligned on a line stays so.
  let present = '';
  for (const [word] of line.matchAll(/\s*\S+/g)) {
    if (present !== '' && widthOf(present + word) > columns) {
      lines.push(present);
      const bare = word.trimStart();
      present = `${' '.repeat(Math.min(indent, Math.max(0, columns - widthOf(bare))))}${bare}`;
    } else present += word;
  }
  return [...lines, present].join('\n');
}
