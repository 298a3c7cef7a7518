/** Reading vectors as they come in, however the network cuts them. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VectorReader } from '../../../src/backend/ollama/vector-reader.ts';
import { numbersIn } from '../../support/vectors.ts';

function read(json: string, inputs: number, cuts: readonly number[] = []) {
  const reader = new VectorReader();
  const bytes = Buffer.from(json);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [i, from] of places.entries()) reader.push(bytes.subarray(from, places[i + 1] ?? bytes.length));
  return reader.end(inputs);
}

const number = fc.double({ noDefaultInfinity: true, noNaN: true });
const vectors = fc
  .integer({ min: 1, max: 5 })
  .chain((dimensions) => fc.array(fc.array(number, { minLength: dimensions, maxLength: dimensions })));

describe('the answer of an embedding', () => {
  test('is read the same wherever it is cut, with everything beside the vectors', () => {
    fc.assert(
      fc.property(
        vectors,
        fc.record({ model: fc.string(), more: fc.jsonValue() }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(0, 2),
        (embeddings, { model, more }, cuts, indent) => {
          // As JSON gives them back: it knows no negative zero.
          const expected = JSON.parse(JSON.stringify({ embeddings, more }));
          const json = JSON.stringify({ model, embeddings, more, end: { embeddings: [1] } }, null, indent);
          const answer = read(json, embeddings.length, cuts);
          expect(numbersIn(answer.vectors)).toEqual(expected.embeddings);
          expect(answer.rest).toEqual({ model, more: expected.more, end: { embeddings: [1] } });
          expect(answer.vectors.bytes).toBe(
            answer.vectors.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
          );
        },
      ),
    );
  });

  test('keeps the digits that it came with', () => {
    const { vectors: kept } = read('{"embeddings":[[0.10,1E-7,-0.0],[1.0,2,3]]}', 2);
    expect(kept.pieces.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
      '[0.10,1E-7,-0.0],[1.0,2,3]',
    ]);
  });

  test('is kept in pieces of whole vectors', () => {
    const vector = Array.from({ length: 1_024 }, (_, i) => i / 1_024);
    const embeddings = Array.from({ length: 200 }, () => vector);
    const { vectors: kept } = read(JSON.stringify({ embeddings }), 200);
    expect(kept.pieces.length).toBeGreaterThan(1);
    for (const { bytes } of kept.pieces) expect(bytes.length).toBeLessThan(300_000);
    expect(numbersIn(kept)).toEqual(embeddings);
  });

  test.each([
    ['other than numbers', '{"embeddings":[[1,"]"]]}', /finite numbers/],
    ['too large for a number', '{"embeddings":[[1e999]]}', /finite numbers/],
    ['lists of lists', '{"embeddings":[[[1]]]}', /finite numbers/],
    ['no lists', '{"embeddings":[1]}', /something else than vectors/],
    ['of unequal length', '{"embeddings":[[1],[1,2]]}', /differ in length/],
    ['empty', '{"embeddings":[[]]}', /empty/],
    ['too few', '{"embeddings":[]}', /0 came for 1/],
    ['null', '{"embeddings":null}', /missing/],
    ['deeper down', '{"data":{"embeddings":[[1]]}}', /missing/],
    ['a text of that name', '{"text":"embeddings","other":[[1]]}', /missing/],
    ['cut off', '{"embeddings":[[1]', /JSON object/],
    ['no object', '[[1]]', /JSON object/],
  ])('is refused when the vectors are %s', (_what, json, message) => {
    expect(() => read(json, 1)).toThrow(message);
  });

  test.each([
    ['a vector', () => `{"embeddings":[[${'1,'.repeat(600_000)}1]]}`],
    ['what comes beside', () => `{"more":"${'x'.repeat(1_100_000)}"}`],
  ])('is refused when %s has no end', (_what, json) => {
    expect(() => read(json(), 1)).toThrow(/longer|more than/);
  });
});
