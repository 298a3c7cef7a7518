/** JSON that is nested as deep as Go's decoder takes it goes through the queue to the backend as it was sent, and ends nothing. */
import fc from 'fast-check';
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
  'tools of the Responses API': (deep) => ({
    path: '/v1/responses',
    more: `"max_output_tokens":2,"input":"Hi.","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"p":{"items":${deep}}}}}]`,
    sent: `"items":${deep}`,
  }),
  "tools of Anthropic's API": (deep) => ({
    path: '/v1/messages',
    more: `"max_tokens":2,"tools":[{"name":"f","input_schema":{"type":"object","properties":{"p":{"items":${deep}}}}}]`,
    sent: `"items":${deep}`,
  }),
};

/** What a caller may write that looks like what stands for deep JSON while it rests. */
const LOOKALIKES = [
  '{"$deepJson":"[1]"}',
  '{"$$deepJson":"[1]"}',
  '{"$deepJson":"no JSON"}',
  '{"$deepJson":2}',
];

const body = (more: string, words: string) =>
  `{"model":"${MODEL}","stream":false,"messages":[{"role":"user","content":"${words}"}],${more}}`;

async function passes(
  t: Awaited<ReturnType<typeof world>>,
  words: string,
  { path, more, sent }: ReturnType<(typeof PLACES)[string]>,
  what: unknown,
) {
  const answer = await t.post(path, body(`"truncate":true,${more}`, words));
  const text = await answer.text();
  expect([what, answer.status, answer.ok ? '' : text]).toEqual([what, 200, '']);
  expect([what, t.sent().includes(sent)]).toEqual([what, true]);
}

describe.each(Object.entries(PLACES))('in %s', (_place, at) => {
  test.each([
    ['small', 'Hi.'],
    ['large', 'x'.repeat(LARGE)],
  ])('it is passed on by a %s body', async (_size, words) => {
    await using t = await world();
    for (const levels of [200, 1_500, 9_000]) {
      for (const deep of [objects(levels), lists(levels)]) await passes(t, words, at(deep), levels);
    }
    for (const lookalike of LOOKALIKES) await passes(t, words, at(lookalike), lookalike);
    await passes(
      t,
      words,
      at(objects(200).replace('1', '{"$deepJson":"[1]"}')),
      'a lookalike that lies deep',
    );
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

test('beyond that the APIs of others refuse it with an error of theirs', async () => {
  await using t = await world();
  const deep = objects(10_001);
  const refusal = expect.stringContaining('exceeded max depth');
  for (const [path, more] of [
    ['/v1/chat/completions', `"response_format":{"type":"json_schema","json_schema":{"schema":${deep}}}`],
    ['/v1/responses', `"input":"Hi.","tools":[{"type":"function","name":"f","parameters":${deep}}]`],
    ['/v1/messages', `"max_tokens":2,"tools":[{"name":"f","input_schema":${deep}}]`],
  ] as const) {
    const answer = await t.post(path, body(more, 'Hi.'));
    const { error } = (await answer.json()) as { error: object };
    expect([path, answer.status, error]).toEqual([
      path,
      400,
      expect.objectContaining({ type: 'invalid_request_error', message: refusal }),
    ]);
  }
  expect(await t.gateway.jobs()).toEqual([]);
});

test('what lies deep rests as its text, and comes back', () => {
  for (const levels of [1, 31, 32, 33, 9_000]) {
    const kept = withDeepAsText({ a: nested(levels), bytes: new Uint8Array(1) }, 32);
    expect(structuredClone(kept).bytes).toBeInstanceOf(Uint8Array);
    let inner: unknown = (withDeepJson(structuredClone(kept)) as { a: unknown }).a;
    let depth = 0;
    for (; typeof inner === 'object'; depth += 1) inner = (inner as { a: unknown }).a;
    expect([depth, inner]).toEqual([levels, 1]);
  }
});

/** JSON whose fields are often named like the one that stands for a text. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'large', withCrossShrink: true },
    fc.constantFrom<unknown>(null, 1, 'x', '[1]', '{"a":1}', 'no JSON'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('a', '$', 'deepJson', '$deepJson', '$$deepJson', '__proto__'),
      tie('json'),
      {
        maxKeys: 2,
      },
    ),
  ),
}));

test('any JSON comes back as it went to rest, twice folded or not, and with its fields merged into another object', () => {
  fc.assert(
    fc.property(json, fc.nat(6), fc.nat(6), (value, levels, again) => {
      const text = JSON.stringify(value);
      const rests = (deep: unknown, at: number) => JSON.parse(JSON.stringify(withDeepAsText(deep, at)));
      expect(JSON.stringify(withDeepJson(rests(value, levels)))).toBe(text);
      const twice = rests(rests(value, levels), again);
      expect(JSON.stringify(withDeepJson(withDeepJson(twice)))).toBe(text);
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
        const merged = { ...rests({ value }, levels + 2).value, more: undefined };
        expect(JSON.stringify(withDeepJson(merged))).toBe(text);
      }
    }),
  );
});
