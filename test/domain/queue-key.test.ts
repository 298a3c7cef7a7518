import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import { covers, residencyKey, type Variant } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../../src/domain/queue-key.ts';

const model = fc.stringMatching(/^[a-z0-9][a-z0-9._/-]{0,20}:[a-z0-9._-]{1,10}$/);
const contextLength = fc.option(fc.integer({ min: 2_048, max: 1 << 24 }));
const chosen = fc.constantFrom(undefined, true as const);
const shift = fc.option(fc.boolean(), { nil: undefined });
const backend = fc.constantFrom(undefined, stableId('bkd', 'a'), stableId('bkd', 'b'));

describe('the key of a queue', () => {
  test('says all that was asked for', () => {
    fc.assert(
      fc.property(
        model,
        contextLength,
        chosen,
        shift,
        backend,
        (name, tokens, isChosen, moves, backendId) => {
          const mark = tokens !== null && isChosen ? { chosen: isChosen } : {};
          const spec = {
            model: name,
            contextLength: tokens,
            ...mark,
            ...(moves !== undefined && { shift: moves }),
            ...(backendId && { backendId }),
          };
          expect(parseQueueKey(queueKey(spec))).toEqual(spec);
        },
      ),
    );
  });

  test('differs wherever anything else was asked for', () => {
    const spec = fc.record({ model, contextLength, chosen, shift, backendId: backend });
    fc.assert(
      fc.property(spec, spec, (a, b) => {
        const isSame =
          a.model === b.model &&
          a.contextLength === b.contextLength &&
          (a.contextLength === null || a.chosen === b.chosen) &&
          a.shift === b.shift &&
          a.backendId === b.backendId;
        expect(queueKey(a) === queueKey(b)).toBe(isSame);
      }),
    );
  });

  test.each([
    ['llama3:latest', { model: 'llama3:latest', contextLength: null }],
    ['llama3:latest#8192', { model: 'llama3:latest', contextLength: 8_192 }],
    ['llama3:latest##no-shift', { model: 'llama3:latest', contextLength: null, shift: false }],
    [
      'llama3:latest#~8192#shift',
      { model: 'llama3:latest', contextLength: 8_192, chosen: true as const, shift: true },
    ],
  ])('of an older version is read as it was meant: %s', (key, spec) => {
    expect(parseQueueKey(key as QueueKey)).toEqual(spec);
    expect(queueKey(spec)).toBe(key);
  });

  test('begins with the model, which ends at the first #, because the store looks for it there', () => {
    fc.assert(
      fc.property(model, contextLength, shift, (name, tokens, moves) => {
        const key = queueKey({ model: name, contextLength: tokens, shift: moves });
        expect(key.split('#')[0]).toBe(name);
      }),
    );
  });
});

describe('an instance', () => {
  const variant = (tokens: number, moves?: boolean): Variant => ({
    modelName: 'a:1',
    weights: 'w',
    contextLength: tokens,
    options: { num_ctx: tokens, ...(moves !== undefined && { shift: moves }) },
    embedding: false,
  });

  test.each([
    [variant(4_096), variant(4_096), true],
    [variant(8_192), variant(4_096), true],
    [variant(4_096), variant(8_192), false],
    [variant(8_192, false), variant(4_096, false), true],
    [variant(8_192, false), variant(4_096), false],
    [variant(8_192), variant(4_096, false), false],
    [{ ...variant(8_192), weights: 'v' }, variant(4_096), false],
  ])('covers what its weights, its context and its shift allow: %#', (loaded, asked, does) => {
    expect(covers(loaded, asked)).toBe(does);
  });

  test('is another one where its context does not move on', () => {
    expect(residencyKey(variant(4_096, false))).not.toBe(residencyKey(variant(4_096)));
  });
});
