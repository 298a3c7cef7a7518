import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestIn, digestOf, digestText, isMistyped, keyOf } from '../../src/domain/api-key.ts';

const random = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('a key has a prefix, all of its randomness and a checksum, and is its own digest in settings', () => {
  fc.assert(
    fc.property(random, (bytes) => {
      const key = keyOf(bytes);
      expect(key).toMatch(/^vk_[0-9A-Za-z]{49}$/);
      expect(isMistyped(key)).toBe(false);
      expect(digestIn(digestText(key))).toEqual(digestOf(key));
      expect(digestIn(key)).toEqual(digestOf(key));
    }),
  );
  const [none, all] = [0, 255].map((byte) => keyOf(new Uint8Array(32).fill(byte)));
  expect(none).not.toBe(all);
  expect(() => keyOf(new Uint8Array(16))).toThrow(RangeError);
});

test('whatever is changed, left out or doubled in a key is told from another key', () => {
  const change = fc.tuple(
    fc.constantFrom('change', 'drop', 'double', 'swap'),
    fc.nat(48),
    fc.constantFrom(...'09AZaz'),
  );
  fc.assert(
    fc.property(random, change, (bytes, [kind, place, letter]) => {
      const key = keyOf(bytes);
      const at = 3 + place;
      const damaged = {
        change: key.slice(0, at) + letter + key.slice(at + 1),
        drop: key.slice(0, at) + key.slice(at + 1),
        double: key.slice(0, at) + key.slice(at, at + 1) + key.slice(at),
        swap: key.slice(0, at) + key.slice(at + 1, at + 2) + key.slice(at, at + 1) + key.slice(at + 2),
      }[kind];
      fc.pre(damaged !== key);
      expect(isMistyped(damaged ?? '')).toBe(true);
    }),
  );
});

test('a key of another make is not judged', () => {
  for (const key of ['sk-0123456789abcdef', 'ollama', '']) expect(isMistyped(key)).toBe(false);
});
