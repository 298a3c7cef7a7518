/** How what a process wrote is quoted. */
import { expect, test } from 'vitest';
import { ProcessExitedError, ReadinessLimitError } from '../../../src/backend/supervisor/errors.ts';
import { quotedLine, quotedLines } from '../../../src/backend/supervisor/quoted-output.ts';

test.each([
  ['error: no such file', 'error: no such file'],
  ['\tindented  ', '  indented'],
  ['\u001b[31mred\u001b[0m \u001b]0;title\u0007text', 'red text'],
  ['bell\u0007, null\u0000 and delete\u007f', 'bell, null and delete'],
  [' 10%\r 20%\r 100% done\r', ' 100% done'],
  ['', ''],
])('%j is quoted as %j', (line, quoted) => {
  expect(quotedLine(line)).toBe(quoted);
});

test('a long line is quoted by its beginning, as whole characters', () => {
  expect(quotedLine('x'.repeat(300_000))).toBe(`${'x'.repeat(300)}…`);
  expect(quotedLine(`${'x'.repeat(299)}😀${'x'.repeat(100)}`).isWellFormed()).toBe(true);
});

test('of many lines the newest are quoted, in no more than 2,000 characters', () => {
  const lines = Array.from({ length: 500 }, (_, number) => `line ${number}`);
  const quoted = quotedLines(lines);
  expect(quoted).toEqual(lines.slice(-quoted.length));
  expect(quoted.join('\n').length).toBeGreaterThan(1_900);
  expect(quoted.join('\n').length).toBeLessThanOrEqual(2_000);
});

test('a failure of a process quotes what it wrote, however much that is', () => {
  const lastLines = [...Array.from({ length: 19 }, () => 'x'.repeat(64 * 1024)), '\u001b[1mat last\u001b[0m'];
  const exit = { code: 1, signal: null, asked: false, why: 'It failed.', lastLines, at: 0, livedMs: 1 };
  for (const error of [new ProcessExitedError('it', exit), new ReadinessLimitError('Late.', lastLines)]) {
    expect(error.message.length).toBeLessThan(2_200);
    expect(error.message).toMatch(/ Its last lines:\nx{300}…\n(.*\n)*at last$/);
  }
});
