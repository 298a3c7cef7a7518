/** What is new between two looks at the end of a log. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogReader, linesAfter } from '../../src/domain/log-lines.ts';

describe('lines after those that were seen', () => {
  test('are the ones behind the overlap', () => {
    expect(linesAfter(['a', 'b', 'c'], ['b', 'c', 'd', 'e'])).toEqual({ lines: ['d', 'e'], gap: false });
    expect(linesAfter(['a', 'b'], ['a', 'b'])).toEqual({ lines: [], gap: false });
    expect(linesAfter([], ['a'])).toEqual({ lines: ['a'], gap: false });
  });

  test('are all of them, with a gap, where nothing overlaps', () => {
    expect(linesAfter(['a', 'b'], ['y', 'z'])).toEqual({ lines: ['y', 'z'], gap: true });
  });

  test.each([
    { name: 'a blank first line', seen: ['one', 'two'], look: ['', 'x', 'y'] },
    { name: 'the end of the last line', seen: ['one', 'ready'], look: ['y', 'x'] },
    { name: 'a blank line after a blank line', seen: ['one', ''], look: ['', 'x'] },
    { name: 'two blank lines', seen: ['one', 'two', ''], look: ['', '', 'x'] },
    { name: 'any line after a blank one', seen: ['one', ''], look: ['x', 'y'] },
  ])('are all of them, with a gap, where $name could be in any log', ({ seen, look }) => {
    expect(linesAfter(seen, look)).toEqual({ lines: look, gap: true });
  });

  test('are found behind nothing but blank lines', () => {
    expect(linesAfter(['', ''], ['', '', 'a'])).toEqual({ lines: ['a'], gap: false });
  });

  test('begin with a line that was not whole when it was seen', () => {
    expect(linesAfter(['a', 'be'], ['a', 'begin', 'c'])).toEqual({ lines: ['begin', 'c'], gap: false });
  });

  test('are found behind a first line that was cut', () => {
    expect(linesAfter(['first', 'b'], ['rst', 'b', 'c'])).toEqual({ lines: ['c'], gap: false });
  });
});

test('a last line that may still grow waits for the next look, or for the end', () => {
  const reader = new LogReader();
  expect(reader.take(['a', 'b'], false).lines).toEqual(['a']);
  expect(reader.take(['a', 'bcd'], false).lines).toEqual([]);
  expect(reader.take(['a', 'bcd'], false).lines).toEqual(['bcd']);
  expect(reader.take(['a', 'bcd', 'e'], true).lines).toEqual(['e']);
});

test('whatever a program writes between looks is told once and in order', () => {
  // One line more than come at once, and the one that was kept back.
  const looks = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(looks, fc.integer({ min: 14, max: 30 }), (counts, window) => {
      const log: string[] = [];
      const reader = new LogReader();
      const told: string[] = [];
      for (const count of counts) {
        for (let i = 0; i < count; i += 1) log.push(`line ${log.length}`);
        const { lines, gap } = reader.take(log.slice(-window), false);
        expect(gap).toBe(false);
        told.push(...lines);
      }
      told.push(...reader.take(log.slice(-window), true).lines);
      expect(told).toEqual(log);
    }),
  );
});
