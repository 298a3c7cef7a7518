import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Prompt } from '../../../src/kinds/kind.ts';
import { leastTokens, likelyTokens, usualTokens } from '../../../src/registry/context/prompt-size.ts';

const nothing: Prompt = { texts: [], turns: 0, images: 0, tokens: 0 };
const of = (...texts: string[]): Prompt => ({ ...nothing, texts });
const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const anyPrompt = fc.record({
  texts: fc.array(anyText, { maxLength: 4 }),
  turns: fc.nat(50),
  images: fc.nat(8),
  tokens: fc.nat(5_000),
});

describe('the tokens of a prompt', () => {
  test('are never more for a text than for its parts, and never fewer than for one of them', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const whole = usualTokens([a + b]);
        const parts = usualTokens([a, b]);
        expect(whole).toBeLessThanOrEqual(parts + 1e-9);
        expect(whole).toBeGreaterThanOrEqual(Math.max(usualTokens([a]), usualTokens([b])) - 1e-9);
      }),
    );
  });

  test('grow with everything that is in it, and with what the model makes of texts', () => {
    fc.assert(
      fc.property(anyPrompt, anyPrompt, fc.double({ min: 0.6, max: 4, noNaN: true }), (a, b, rate) => {
        const both = {
          texts: [...a.texts, ...b.texts],
          turns: a.turns + b.turns,
          images: a.images + b.images,
          tokens: a.tokens + b.tokens,
        };
        expect(likelyTokens(both, rate)).toBeGreaterThanOrEqual(likelyTokens(a, rate));
        expect(likelyTokens(both, rate)).toBeLessThanOrEqual(likelyTokens(a, rate) + likelyTokens(b, rate));
        expect(likelyTokens(a, rate + 0.5)).toBeGreaterThanOrEqual(likelyTokens(a, rate));
        expect(leastTokens(both)).toBeGreaterThanOrEqual(leastTokens(a));
        expect(leastTokens(a)).toBeLessThanOrEqual(likelyTokens(a, 1));
      }),
    );
  });

  /** Roughly the fewest and the most tokens that tokenizers in use make of a text. */
  test.each([
    ['English', 'The quick brown fox jumps over the lazy dog. '.repeat(100), 1_000, 1_001],
    ['Chinese', '敏捷的棕色狐狸跳过懒惰的狗。'.repeat(100), 900, 2_000],
    ['Russian', 'Быстрая коричневая лиса прыгает через ленивую собаку. '.repeat(100), 1_300, 2_500],
    ['code', 'for (let i = 0; i < n; i += 1) sum += values[i];\n'.repeat(100), 1_400, 2_000],
    ['one letter', 'a'.repeat(8_000), 500, 2_000],
    ['spaces', ' '.repeat(8_000), 63, 8_000],
  ])('are likely as many as, and at least no more than those of %s', (_what, text, fewest, most) => {
    expect(leastTokens(of(text))).toBeLessThanOrEqual(fewest);
    expect(likelyTokens(of(text), 1)).toBeGreaterThanOrEqual(fewest);
    expect(likelyTokens(of(text), 1)).toBeLessThanOrEqual(Math.max(2.5 * fewest, 2 * most));
  });

  test('are known at once, whatever the length', () => {
    expect(likelyTokens(of('x'.repeat(2 ** 26)), 1)).toBeGreaterThan(2 ** 24);
  });
});
