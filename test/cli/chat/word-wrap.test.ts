import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WordWrap } from '../../../src/cli/chat/word-wrap.ts';
import { widthOf } from '../../../src/cli/terminal/text.ts';
import { Screen } from '../support/screen.ts';

/** As a terminal shows it, after each piece. */
function shown(pieces: readonly string[], columns: number): string {
  const screen = new Screen(columns);
  const wrap = new WordWrap(() => columns);
  for (const piece of pieces) screen.write(wrap.write(piece));
  return screen.text();
}

describe('text that grows', () => {
  test('moves a word that turns out to be too long for its line, however it comes in', () => {
    expect(shown(['the quick br', 'own fo', 'x jumps'], 13)).toBe('the quick\nbrown fox\njumps');
  });

  test('is on the screen at once', () => {
    const wrap = new WordWrap(() => 20);
    expect(['a', 'b', ' ', 'c'].map((piece) => wrap.write(piece))).toEqual(['a', 'b', ' ', 'c']);
  });

  test('keeps empty lines, indentation and tabs', () => {
    expect(shown(['a\n\n  b\tc'], 20)).toBe('a\n\n  b     c');
  });

  test('cuts a word that fills lines of its own', () => {
    expect(shown(['ab 0123456789012345'], 11)).toBe('ab\n0123456789\n012345');
  });

  test('counts wide characters as two columns and keeps those that come in halves', () => {
    expect(shown(['日本語 日本'], 9)).toBe('日本語\n日本');
    const [high, low] = ['\ud83d', '\ude00'];
    expect(new WordWrap(() => 20).write(`${high}${low}`)).toBe('😀');
    const wrap = new WordWrap(() => 20);
    expect(wrap.write(`a${high}`) + wrap.write(`${low}b`)).toBe('a😀b');
  });

  test('obeys nothing that a model writes', () => {
    expect(new WordWrap(() => 80).write('\u001b[2Ja\u0007\u009b31mb\r\nc')).toBe('[2Ja31mb\nc');
  });

  test('is left as it is where nobody limits it', () => {
    expect(new WordWrap(() => null).write('a '.repeat(500))).toBe('a '.repeat(500));
  });

  test('has every word whole on a line that fits, however it is cut into pieces', () => {
    const word = fc.stringMatching(/^[a-z,.!]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 60 }),
        fc.integer({ min: 14, max: 90 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
        (words, columns, sizes) => {
          const text = words.join(' ');
          const pieces: string[] = [];
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = sizes[i % sizes.length] ?? 1;
            pieces.push(text.slice(at, at + size));
            at += size;
          }
          const lines = shown(pieces, columns).split('\n');
          expect(lines.every((line) => widthOf(line) < columns)).toBe(true);
          expect(lines.join(' ').split(' ').filter(Boolean)).toEqual(words);
        },
      ),
    );
  });
});
