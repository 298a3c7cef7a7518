import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, TooLongError } from '../../../src/backend/ollama/ndjson.ts';

/** The lines of `bytes` when they come in pieces cut at these places. */
function linesOf(bytes: Uint8Array, cuts: readonly number[], limit = 1e6): string[] {
  const splitter = new LineSplitter(limit);
  const places = [...cuts].sort((a, b) => a - b);
  const lines: string[] = [];
  let from = 0;
  for (const to of [...places, bytes.length]) {
    lines.push(...splitter.push(bytes.subarray(from, to)));
    from = to;
  }
  return [...lines, ...splitter.end()];
}

const line = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n]/g, '·'));

describe('the line splitter', () => {
  test('gives the same lines wherever the bytes are cut, through characters and line ends too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n', '\r\n\n'))),
        line,
        fc.infiniteStream(fc.nat()),
        fc.nat({ max: 40 }),
        (ended, last, places, count) => {
          const bytes = Buffer.from(ended.map(([text, end]) => text + end).join('') + last);
          const cuts = [...places.take(count)].map((place) => place % (bytes.length + 1));
          const expected = [...ended.map(([text]) => text), last].filter((text) => text !== '');
          expect(linesOf(bytes, cuts)).toEqual(expected);
        },
      ),
      { verbose: 1 },
    );
  });

  test('gives the same lines when every byte comes alone', () => {
    const bytes = Buffer.from('{"a":"€"}\r\n\n{"b":"😀"}\n{"c":1}');
    const cuts = Array.from({ length: bytes.length }, (_, place) => place);
    expect(linesOf(bytes, cuts)).toEqual(['{"a":"€"}', '{"b":"😀"}', '{"c":1}']);
  });

  test('refuses a line that never ends', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('12345\n123456789'))).toEqual(['12345']);
    expect(() => splitter.push(Buffer.from('01'))).toThrow(TooLongError);
  });
});
