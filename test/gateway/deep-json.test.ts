/** JSON that is nested as deep as Go's decoder takes it goes through the queue to the backend as it was sent, and ends nothing. */
import { describe, expect, test } from 'vitest';
import { withDeepAsText, withDeepJson } from '../../src/domain/deep-json.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { tapped } from '../cli/support/tapped.ts';
import { nested } from '../support/nested.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { gatewayWorld } from './support/world.ts';

const MODEL = 'tooled';
/** Of the body, so that it is decoded in a thread. */
const LARGE = 200_000;

const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const lists = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;

/** A server whose backend's requests are heard. */
async function world() {
  const ollama = await runVirtualOllama({
    speed: 200,
    catalog: [{ ...thinModel(MODEL, 100), capabilities: ['completion', 'tools'] }],
  });
  const tap = await tapped(ollama.url);
  const gateway = await gatewayWorld({ backend: { url: tap.url } });
  const post = (path: string, body: string) => fetch(`${gateway.url}${path}`, { method: 'POST', body });
  return {
    gateway,
    post,
    sent: tap.sent,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await tap[Symbol.asyncDispose]();
      await ollama.stop();
    },
  };
}

/** Bodies with a value in each place where the API takes JSON, and how the backend is to be sent it. */
const PLACES: Readonly<Record<string, (deep: string) => { path: string; more: string; sent: string }>> = {
  format: (deep) => ({ path: '/api/chat', more: `"format":{"x":${deep}}`, sent: `"format":{"x":${deep}}` }),
  options: (deep) => ({
    path: '/api/chat',
    more: `"options":{"num_predict":2,"x":${deep}}`,
    sent: `"x":${deep}`,
  }),
  'parameters of tools': (deep) => ({
    path: '/api/chat',
    more: `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"p":{"items":${deep}}}}}}]`,
    sent: `"items":${deep}`,
  }),
  'options of a prompt': (deep) => ({
    path: '/api/generate',
    more: `"prompt":"x","options":{"num_predict":2,"x":${deep}}`,
    sent: `"x":${deep}`,
  }),
  'a schema of the OpenAI API': (deep) => ({
    path: '/v1/chat/completions',
    more: `"max_tokens":2,"response_format":{"type":"json_schema","json_schema":{"schema":{"x":${deep}}}}`,
    sent: `"format":{"x":${deep}}`,
  }),
};

const body = (more: string, words: string) =>
  `{"model":"${MODEL}","stream":false,"messages":[{"role":"user","content":"${words}"}],${more}}`;

describe.each(Object.entries(PLACES))('in %s', (_place, at) => {
  test.each([
    ['small', 'Hi.'],
    ['large', 'x'.repeat(LARGE)],
  ])('it is passed on by a %s body', async (_size, words) => {
    await using t = await world();
    for (const levels of [200, 1_500, 9_000]) {
      for (const deep of [objects(levels), lists(levels)]) {
        const { path, more, sent } = at(deep);
        const answer = await t.post(path, body(`"truncate":true,${more}`, words));
        const text = await answer.text();
        expect([levels, answer.status, answer.ok ? '' : text]).toEqual([levels, 200, '']);
        expect(t.sent().includes(sent)).toBe(true);
      }
    }
    const statuses = (await t.gateway.jobs()).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['COMPLETE']));
  });
});

test('beyond what Go takes it is refused in its words', async () => {
  await using t = await world();
  for (const more of [`"format":${objects(10_001)}`, `"options":{"x":${lists(10_001)}}`]) {
    const answer = await t.post('/api/chat', body(more, 'Hi.'));
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringContaining('exceeded max depth') },
    ]);
  }
});

test('what lies deep rests as its text, and comes back', () => {
  for (const levels of [1, 31, 32, 33, 9_000]) {
    const kept = withDeepAsText({ a: nested(levels), bytes: new Uint8Array(1) }, 32);
    expect(structuredClone(kept).bytes).toBeInstanceOf(Uint8Array);
    expect(withDeepAsText(kept, 32)).toEqual(kept);
    let inner: unknown = (withDeepJson(structuredClone(kept)) as { a: unknown }).a;
    let depth = 0;
    for (; typeof inner === 'object'; depth += 1) inner = (inner as { a: unknown }).a;
    expect([depth, inner]).toEqual([levels, 1]);
  }
  // A caller may have written what it looks like.
  for (const text of ['no JSON', '{']) expect(withDeepJson({ $deepJson: text })).toEqual({ $deepJson: text });
});
