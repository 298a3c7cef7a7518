import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fittedTokens, type PromptToFit } from '../../src/virtual-ollama/core/prompt-fit.ts';

const wishes = {
  tokens: 500,
  images: 0,
  numCtx: 512,
  numKeep: 4,
  truncate: true,
  shift: true,
} satisfies PromptToFit;
const fit = (regime: 'classic' | 'llama-server', more: Partial<PromptToFit>) => {
  try {
    return fittedTokens(regime, { ...wishes, ...more });
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a prompt that is longer than the context', () => {
  test.each([
    ['fits with room for one token', { tokens: 511 }, 511],
    ['fills it', { tokens: 512 }, 258],
    ['is twice as long', { tokens: 1_000 }, 258],
    ['keeps more of its beginning', { tokens: 1_000, numKeep: 400 }, 456],
    ['keeps all of its beginning', { tokens: 1_000, numKeep: 1_000 }, 511],
    ['may not be cut', { tokens: 512, truncate: false }, /n_prompt_tokens":512,"n_ctx":512/],
    ['may not be shifted', { tokens: 512, shift: false }, /^the prompt is longer than the context length/],
    ['may be neither', { tokens: 512, shift: false, truncate: false }, /exceed_context_size_error/],
    ['has images', { tokens: 512, images: 1 }, /exceed_context_size_error/],
  ])('and %s, in the newer engine', (_, more, outcome) => {
    const found = fit('llama-server', more);
    if (typeof outcome === 'number') expect(found).toBe(outcome);
    else expect(found).toMatch(outcome);
  });

  test.each([
    ['fills it', { tokens: 512 }, 512],
    ['is longer', { tokens: 1_000 }, 512],
    ['is longer, without a shift', { tokens: 1_000, shift: false }, 512],
    ['may not be cut', { tokens: 513, truncate: false }, 'the input length exceeds the context length'],
  ])('and %s, in the older one', (_, more, outcome) => {
    expect(fit('classic', more)).toBe(outcome);
  });

  test('is refused, where it may not be cut, exactly when it would be cut', () => {
    const some = fc.record({
      tokens: fc.nat(3_000),
      numCtx: fc.integer({ min: 4, max: 2_000 }),
      numKeep: fc.integer({ min: 0, max: 3_000 }),
    });
    fc.assert(
      fc.property(fc.constantFrom('classic', 'llama-server'), some, (regime, prompt) => {
        const cut = fit(regime, prompt) !== prompt.tokens;
        expect(typeof fit(regime, { ...prompt, truncate: false }) === 'string').toBe(cut);
      }),
    );
  });
});
