/** What programs that were written for Ollama look at, beside the recordings. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { GIB, thinModel } from './bench.ts';
import { ask, askJson, objects } from './client.ts';

let server: RunningVirtualOllama;
let url: string;

beforeAll(async () => {
  const catalog = [
    thinModel('plain', 100),
    { ...thinModel('tooled', 100), capabilities: ['completion', 'tools', 'thinking', 'insert'] as const },
    {
      ...thinModel('own', 100),
      template: 'MINE {{ .Prompt }}',
      capabilities: ['completion', 'tools'] as const,
    },
    thinModel('Upper', 100),
  ];
  server = await runVirtualOllama({
    catalog,
    gpus: [{ totalBytes: 2 * GIB }],
    speed: 50,
    origins: 'http://a.com',
  });
  ({ url } = server);
});
afterAll(() => server.stop());

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const messages = [{ role: 'user', content: 'How is the weather?' }];

describe('an answer that is a tool call', () => {
  test('says how many tokens it took, streamed and not', async () => {
    const asked = { model: 'tooled', messages, tools: [weather], think: false };
    const whole = (await askJson(url, '/api/chat', { ...asked, stream: false })).value;
    const last = objects(await ask(url, '/api/chat', asked)).at(-1);
    for (const answer of [whole, last]) {
      expect(answer.message.tool_calls).toHaveLength(1);
      expect(answer).toMatchObject({ done: true, done_reason: 'stop' });
      expect(answer.eval_count).toBeGreaterThan(1);
      expect(answer.eval_duration).toBeGreaterThan(0);
    }
  });

  test('is cut off where its tokens are limited, and then is none', async () => {
    const asked = { model: 'tooled', messages, tools: [weather], think: false, stream: false };
    const { value } = await askJson(url, '/api/chat', { ...asked, options: { num_predict: 3 } });
    expect(value).toMatchObject({ done_reason: 'length', eval_count: 3, message: { content: '' } });
    expect(value.message.tool_calls).toBeUndefined();
  });
});

describe('a shown template', () => {
  const shown = async (model: string) => (await askJson(url, '/api/show', { model })).value;

  test('names tools, thinking and a suffix exactly where the model has them', async () => {
    const { template, capabilities } = await shown('tooled');
    expect(capabilities).toEqual(['completion', 'tools', 'thinking', 'insert']);
    for (const name of ['.Tools', '.ToolCalls', '.Thinking', '.Suffix']) expect(template).toContain(name);
    const plain = await shown('plain');
    expect(plain.template).not.toMatch(/tool|think|suffix/i);
  });

  test('is that of the Modelfile, where it has one', async () => {
    const own = await shown('own');
    expect(own.template).toBe('MINE {{ .Prompt }}');
    expect(own.modelfile).toContain('TEMPLATE MINE {{ .Prompt }}');
  });
});

test.each([
  ['POST', '/api/me', 503, 'account unavailable'],
  ['POST', '/api/signout', 500, 'there was an error signing out'],
  ['DELETE', '/api/user/keys/abc', 500, 'there was an error signing out'],
  ['POST', '/api/experimental/web_search', 403, 'ollama cloud is disabled: web search is unavailable'],
  ['POST', '/api/experimental/web_fetch', 403, 'ollama cloud is disabled: web fetch is unavailable'],
])('%s %s is refused', async (method, path, status, error) => {
  expect(await askJson(url, path, {}, { method })).toEqual({ status, value: { error } });
});

test('models are recommended, and a search without a body is refused as such', async () => {
  const { value } = await askJson(url, '/api/experimental/model-recommendations');
  expect(value.recommendations[0]).toMatchObject({
    model: expect.any(String),
    description: expect.any(String),
  });
  const empty = await askJson(url, '/api/experimental/web_search', '');
  expect(empty).toEqual({ status: 400, value: { error: 'missing request body' } });
});

test('only /api/embeddings looks at the case of a name', async () => {
  const old = (model: string) => askJson(url, '/api/embeddings', { model, prompt: 'x' });
  expect((await old('Upper')).status).toBe(200);
  for (const model of ['upper', 'PLAIN'])
    expect(await old(model)).toEqual({
      status: 404,
      value: { error: `model "${model}" not found, try pulling it first` },
    });
  expect((await askJson(url, '/api/embed', { model: 'upper', input: 'x' })).status).toBe(200);
});

test.each([
  ['x:cloud:local', 'use either :local or :cloud, not both: "x:cloud:local"', 400],
  [' ', 'model is required', 400],
  [' a b', 'name " a b" is invalid', 400],
  ['\u0001', 'name "\\x01" is invalid', 400],
  [' nobody', "model ' nobody' not found", 404],
  ['nobody:cloud', "model 'nobody:cloud' not found", 404],
])('the deletion of %j', async (model, error, status) => {
  expect(await askJson(url, '/api/delete', { model }, { method: 'DELETE' })).toEqual({
    status,
    value: { error },
  });
});

test('a name with a blank before it and :local behind it is the model', async () => {
  await ask(url, '/api/copy', { source: 'plain', destination: 'second' });
  const answered = await ask(url, '/api/delete', { model: ' second:local' }, { method: 'DELETE' });
  expect(answered).toMatchObject({ status: 200, body: '' });
});

test.each([
  [
    'a schema',
    '/api/generate',
    (deep: string) => `{"model":"plain","prompt":"x","stream":false,"format":${deep}}`,
  ],
  [
    'an option',
    '/api/generate',
    (deep: string) => `{"model":"plain","prompt":"x","stream":false,"options":{"x":${deep}}}`,
  ],
  [
    'arguments of a tool',
    '/api/chat',
    (deep: string) =>
      `{"model":"plain","stream":false,"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":${deep}}}]}]}`,
  ],
  [
    'parameters of a tool',
    '/api/chat',
    (deep: string) =>
      `{"model":"tooled","stream":false,"messages":[],"tools":[{"function":{"name":"f","parameters":{"$defs":${deep}}}}]}`,
  ],
])('9,000 levels in %s are answered', async (_, path, body) => {
  const answered = await askJson(url, path, body(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`));
  expect(answered.value.error).toBeUndefined();
  expect(answered.status).toBe(200);
});

test('what the routes do not answer is answered as Go does it', async () => {
  const redirected = await ask(url, '//api/tags');
  expect(redirected).toMatchObject({ status: 307, headers: { location: '/api/tags' } });
  expect(await ask(url, '/api/tags/?a=1')).toMatchObject({
    status: 301,
    headers: { location: '/api/tags?a=1' },
  });
  expect(await ask(url, '/api/%zz')).toMatchObject({ status: 400, body: '400 Bad Request' });
  expect(await ask(url, '/v1/models')).toMatchObject({ status: 404, body: '404 page not found' });
  const wrong = await ask(url, '/api/chat', undefined, { method: 'PUT' });
  expect(wrong).toMatchObject({ status: 405, body: '405 method not allowed', headers: { allow: 'POST' } });
});

test('OLLAMA_ORIGINS adds origins', async () => {
  const from = (origin: string) => ask(url, '/api/version', undefined, { headers: { origin } });
  expect((await from('http://a.com')).headers['access-control-allow-origin']).toBe('http://a.com');
  expect((await from('http://b.com')).status).toBe(403);
});
