import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usualTokens } from '../../../src/registry/context/prompt-size.ts';
import { TokenRates } from '../../../src/registry/context/token-rates.ts';

const TEXT = 'What is asked of a model, in the words of whoever asks. '.repeat(40);
const USUAL = usualTokens([TEXT]);
const prompt = { texts: [TEXT], turns: 1, images: 0, tokens: 0 };

describe('what a model makes of texts', () => {
  test('is what is usual until it is seen, and then comes to what is seen, for that model alone', () => {
    const rates = new TokenRates();
    expect(rates.of('a:latest')).toBe(1);
    for (let n = 0; n < 40; n += 1) rates.learn('a:latest', prompt, USUAL * 1.6);
    expect(rates.of('a:latest')).toBeCloseTo(1.6, 2);
    expect(rates.of('b:latest')).toBe(1);
  });

  test.each([
    ['an image, whose tokens nobody knows', { ...prompt, images: 1 }, USUAL * 3],
    ['tokens of an earlier conversation', { ...prompt, tokens: 9 }, USUAL * 3],
    ['so little that the template is most of it', { ...prompt, texts: ['hi'] }, 30],
    ['what was not counted', prompt, 0],
  ])('is not learned from %s', (_what, from, tokens) => {
    const rates = new TokenRates();
    rates.learn('a:latest', from, tokens);
    expect(rates.of('a:latest')).toBe(1);
  });

  test('stays within bounds, whatever is told', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10 ** 9), { maxLength: 50 }), (told) => {
        const rates = new TokenRates();
        for (const tokens of told) rates.learn('a:latest', prompt, tokens);
        expect(rates.of('a:latest')).toBeGreaterThanOrEqual(0.6);
        expect(rates.of('a:latest')).toBeLessThanOrEqual(4);
      }),
    );
  });
});
