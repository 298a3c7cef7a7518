import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FileId } from '../../../src/domain/ids.ts';
import { FILE_START, type FilePosition } from '../../../src/domain/request-batch.ts';
import { FILE_CHUNK_BYTES } from '../../../src/domain/stored-file.ts';
import { type Line, linesOf } from '../../../src/gateway/batches/line-reader.ts';
import { isProblem, readRequestLine } from '../../../src/gateway/batches/request-lines.ts';

const ID = 'file_one' as FileId;

async function read(text: string, from: FilePosition = FILE_START): Promise<Line[]> {
  const bytes = Buffer.from(text);
  const chunk = async (_: FileId, place: number) => {
    const start = place * FILE_CHUNK_BYTES;
    return start < bytes.length ? bytes.subarray(start, start + FILE_CHUNK_BYTES) : null;
  };
  const lines: Line[] = [];
  for await (const line of linesOf({ chunk }, ID, from)) lines.push(line);
  return lines;
}

const shortLine = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((text) => text.replace(/[\n\uFEFF]/g, ''));
/** Long enough that chunks begin anywhere in a line, and in a character. */
const longLine = fc.nat({ max: 500_000 }).map((length) => 'ü'.repeat(length));

it('Lines are those of the text, with their numbers, blank ones left out', async () => {
  const texts = fc.array(fc.oneof({ weight: 9, arbitrary: shortLine }, { weight: 1, arbitrary: longLine }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(texts, fc.boolean(), async (lines, ends) => {
      const text = lines.join('\n') + (ends ? '\n' : '');
      const expected = lines
        .map((line, index) => ({ text: line, number: index + 1 }))
        .filter((line) => line.text.trim() !== '');
      const found = await read(text);
      expect(found.map(({ text: line, number }) => ({ text: line, number }))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

it('Reading goes on after any line as if it had never stopped', async () => {
  const texts = fc.array(fc.oneof({ weight: 4, arbitrary: shortLine }, { weight: 1, arbitrary: longLine }), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(), async (lines, at) => {
      const text = lines.join('\n');
      const all = await read(text);
      const stop = all[at % Math.max(1, all.length)];
      if (!stop) return;
      expect(await read(text, stop.end)).toEqual(all.slice(all.indexOf(stop) + 1));
    }),
    { numRuns: 40 },
  );
});

it('Any line is a request or says what is wrong with it', () => {
  const batch = { api: 'OPENAI', endpoint: '/v1/embeddings' } as const;
  const field = fc.oneof(fc.jsonValue(), fc.constantFrom('POST', '/v1/embeddings'));
  const line = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc
      .record({ custom_id: field, method: field, url: field, body: field }, { requiredKeys: [] })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(line, (text) => {
      const found = readRequestLine(batch, { number: 3, text, end: FILE_START });
      if (isProblem(found)) expect(found).toMatchObject({ line: 3, code: expect.stringMatching(/./) });
      else expect(typeof JSON.parse(found.body)).toBe('object');
    }),
  );
});
