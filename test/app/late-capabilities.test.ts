/** Jobs that were accepted while nobody knew what their model can do: what it cannot take is refused, and never left out. */
import { describe, expect, it } from 'vitest';
import { TestApp } from './test-app.ts';

const IMAGE = `iVBORw0KGgo${'A'.repeat(40)}`;
const TEXT = 'smollm:360m';
const EMBEDDING = 'all-minilm';
const hi = (more: object = {}) => ({ messages: [{ role: 'USER', content: 'hi', ...more }] });
const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };

const CANNOT: readonly [what: string, model: string, request: object, says: RegExp][] = [
  ['an image', TEXT, { generate: { prompt: 'hi', images: [IMAGE] } }, /does not see images/],
  ['an image in a message', TEXT, { chat: hi({ images: [IMAGE] }) }, /does not see images/],
  ['tools', TEXT, { chat: { ...hi(), tools: [tool] } }, /does not use tools/],
  ['thinking', TEXT, { generate: { prompt: 'hi', think: 'ON' } }, /does not think/],
  ['thinking in a conversation', TEXT, { chat: { ...hi(), think: 'HIGH' } }, /does not think/],
  ['a suffix', TEXT, { generate: { prompt: 'hi', suffix: 'ho' } }, /cannot insert/],
  ['a prompt', EMBEDDING, { generate: { prompt: 'hi' } }, /not a completion model/],
  ['a conversation', EMBEDDING, { chat: hi() }, /not a completion model/],
];

describe('a job that was accepted before anybody knew what its model can do', () => {
  it('fails for good with words, before its request is sent, when it asks for more', async () => {
    await using t = await TestApp.start();
    await t.ollama.pause();
    await using late = await TestApp.start({ backend: { url: t.ollama.url } });
    const ids = new Map<string, string>();
    for (const [what, model, request] of CANNOT) {
      const { job } = await late.submit({ model, request, maxAttempts: 3 });
      ids.set(what, job.id);
    }
    const possible = await late.generate(TEXT);
    await t.ollama.resume();
    expect((await late.ended(possible)).status).toBe('COMPLETE');
    for (const [what, , , says] of CANNOT) {
      const { status, failure, attempts } = await late.ended(ids.get(what) ?? '');
      expect([what, status, failure.code, failure.retryable]).toEqual([
        what,
        'FAILED',
        'REQUEST_REJECTED',
        false,
      ]);
      expect(failure.message).toMatch(says);
      expect(attempts).toHaveLength(1);
    }
  });
});
