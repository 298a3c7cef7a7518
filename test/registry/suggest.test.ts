import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { suggestNames } from '../../src/registry/suggest.ts';

const NAMES = [
  'llama3.2:1b',
  'llama3.2:3b',
  'llama3.1:8b',
  'qwen3:8b',
  'qwen3:14b',
  'qwen2.5:7b',
  'gemma3:4b',
  'nomic-embed-text:latest',
  'hf.co/bartowski/mistral-nemo:q4_k_m',
];

describe('name suggestions', () => {
  test.each([
    ['qwen3:8', 'qwen3:8b'],
    ['qwne3:14b', 'qwen3:14b'],
    ['lama3.2:1b', 'llama3.2:1b'],
    ['Gemma3', 'gemma3:4b'],
    ['nomic-embed-txt', 'nomic-embed-text:latest'],
    ['nomic', 'nomic-embed-text:latest'],
    ['mistral-nemo', 'hf.co/bartowski/mistral-nemo:q4_k_m'],
  ])('for %s begin with %s', (wanted, expected) => {
    expect(suggestNames(wanted, NAMES)[0]).toBe(expected);
  });

  test.each(['deepseek-r1:70b', 'zz', 'x', ''])('for %s are none', (wanted) => {
    expect(suggestNames(wanted, NAMES)).toEqual([]);
  });

  test('put another tag of the same model before another model', () => {
    expect(suggestNames('qwen3:32b', NAMES).slice(0, 2).sort()).toEqual(['qwen3:14b', 'qwen3:8b']);
  });

  test('are at most three different names that exist, the same in whatever order they are listed', () => {
    const name = fc
      .tuple(fc.stringMatching(/^[a-z0-9.-]{1,12}$/), fc.stringMatching(/^[a-z0-9]{1,4}$/))
      .map((parts) => parts.join(':'));
    fc.assert(
      fc.property(fc.array(name), fc.oneof(name, fc.string()), (names, wanted) => {
        const suggested = suggestNames(wanted, names);
        expect(suggested.length).toBeLessThanOrEqual(3);
        expect(new Set(suggested).size).toBe(suggested.length);
        expect(names).toEqual(expect.arrayContaining(suggested));
        expect(suggestNames(wanted, names.toReversed())).toEqual(suggested);
      }),
    );
  });

  test('find a name of five letters and more with one of them wrong', () => {
    const base = fc.stringMatching(/^[a-z]{5,20}$/);
    fc.assert(
      fc.property(base, fc.nat(), (name, place) => {
        const at = place % name.length;
        const typo = `${name.slice(0, at)}0${name.slice(at + 1)}`;
        expect(suggestNames(typo, ['zzzzzzzzzz9:1b', `${name}:latest`])[0]).toBe(`${name}:latest`);
      }),
    );
  });
});
