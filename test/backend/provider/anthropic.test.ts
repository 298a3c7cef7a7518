/** Jobs on models by Anthropic's own API, through the whole program. */
import { expect, test } from 'vitest';
import { notesOn } from '../../../src/app/backends.ts';
import { checkProvider } from '../../../src/backend/provider/check.ts';
import { systemClock } from '../../../src/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { AnthropicServer } from './support/anthropic-server.ts';
import { named, ProviderWorld, provider } from './support/provider-world.ts';

const OFFERED = {
  large: named({ model: 'claude-large' }),
  small: named({ model: 'claude-small', maxTokens: 4 }),
};
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function claude(server: AnthropicServer, more: Parameters<typeof provider>[1] = {}) {
  return provider(server.url, {
    name: 'claude',
    api: 'anthropic',
    headers: { 'x-api-key': server.key },
    models: OFFERED,
    ...more,
  });
}

test('a chat with everything in it is said in the words of the API, and read back', async () => {
  await using server = await AnthropicServer.start();
  await using world = await ProviderWorld.start([claude(server)]);
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const { job } = await world.submit({
    model: 'large',
    request: {
      chat: {
        messages: [
          { role: 'SYSTEM', content: 'Be brief.' },
          { role: 'USER', content: 'What is it?', images: [PIXEL] },
          { role: 'ASSISTANT', content: '', thinking: 'A picture.' },
          { role: 'USER', content: 'Well?' },
        ],
        think: 'LOW',
        format: schema,
        options: {
          maxTokens: 50,
          temperature: 0.3,
          seed: 3,
          extra: { top_p: 0.9, stop: ['END'], min_p: 0.1 },
        },
      },
    },
  });
  const done = await world.used(job.id);
  expect(done).toMatchObject({ status: 'COMPLETE', failure: null, backend: { name: 'claude' } });
  expect(done.result).toMatchObject({
    text: ' word0 word1 word2 word3 word4 word5',
    thinking: 'Let me think.',
    doneReason: 'STOP',
    usage: { promptTokens: 125, cachedPromptTokens: 100, completionTokens: 30 },
  });
  expect(done.result.usage.cost).toBeCloseTo((25 * 3 + 100 * 0.5 + 30 * 15) / 1e6, 12);
  expect(server.lastBody).toEqual({
    model: 'claude-large',
    stream: true,
    max_tokens: 50 + 1_024,
    system: 'Be brief.',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
    stop_sequences: ['END'],
    output_config: { format: { type: 'json_schema', schema } },
    thinking: { type: 'enabled', budget_tokens: 1_024 },
  });
});

test('a tool is called, and what it said is answered', async () => {
  await using server = await AnthropicServer.start();
  await using world = await ProviderWorld.start([claude(server)]);
  const parameters = { type: 'object', properties: { place: { type: 'string' } } };
  const tools = [{ type: 'function', function: { name: 'weather', description: 'Of today', parameters } }];
  const question = { role: 'user', content: 'Weather?' };
  const asked = await world.post('/v1/chat/completions', { model: 'large', messages: [question], tools });
  const { choices } = (await asked.json()) as {
    choices: readonly [{ message: { tool_calls: readonly object[] }; finish_reason: string }];
  };
  expect(choices[0].finish_reason).toBe('tool_calls');
  const [call] = choices[0].message.tool_calls;
  expect(call).toMatchObject({ id: 'toolu_1', function: { name: 'weather', arguments: '{"place":"here"}' } });
  expect(server.lastBody.tools).toEqual([
    { name: 'weather', description: 'Of today', input_schema: parameters },
  ]);
  const answered = await world.post('/v1/chat/completions', {
    model: 'large',
    messages: [
      question,
      { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'toolu_2' }] },
      { role: 'tool', tool_call_id: 'toolu_2', content: 'snow' },
      { role: 'tool', tool_call_id: 'toolu_1', content: 'rain' },
      { role: 'user', content: 'And now?' },
    ],
    tools,
    reasoning_effort: 'high',
  });
  expect(answered.status).toBe(200);
  const [, , results] = server.lastBody.messages as readonly { readonly content: readonly object[] }[];
  expect(results?.content).toMatchObject([
    { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: 'snow' }] },
    { type: 'tool_result', tool_use_id: 'toolu_1' },
    { type: 'text', text: 'And now?' },
  ]);
});

test('its models are there by all drop-in APIs, with the limits that it tells', async () => {
  await using server = await AnthropicServer.start();
  await using world = await ProviderWorld.start([claude(server, { models: null })]);
  await eventually(
    async () => (await world.query('{ models(first: 9) { nodes { name } } }')).models.nodes.length,
    (count) => count === 2,
  );
  const { model } = await world.query('{ model(name: "claude-large") { contextLength capabilities } }');
  expect(model).toMatchObject({ contextLength: 150_000 });
  expect(model.capabilities).not.toContain('EMBEDDING');
  const messages = [{ role: 'user', content: 'Hello' }];
  const anthropic = await world.post('/v1/messages', { model: 'claude-small', messages, max_tokens: 3 });
  expect(await anthropic.json()).toMatchObject({ type: 'message', stop_reason: 'max_tokens' });
  const ollama = await world.post('/api/chat', { model: 'claude-small', messages, stream: false });
  expect(await ollama.json()).toMatchObject({ done: true, done_reason: 'stop' });
});

test('where nobody limits an answer the settings do, and one that is longer than any ends where the model does', async () => {
  await using server = await AnthropicServer.start();
  server.isListed = false;
  await using world = await ProviderWorld.start([claude(server)]);
  const of = async (model: string, request: object) =>
    world.used((await world.submit({ model, request })).job.id);
  expect((await of('small', { generate: { prompt: 'Hi', system: 'Be calm.' } })).result).toMatchObject({
    text: ' word0 word1 word2 word3',
    doneReason: 'LENGTH',
  });
  const long = { generate: { prompt: 'Hi', options: { maxTokens: 90_000 } } };
  expect((await of('large', long)).status).toBe('COMPLETE');
  expect(server.lastBody.max_tokens).toBe(8_192);
  const messages = Array.from({ length: 40 }, (_, i) => ({
    role: i % 2 === 0 ? 'USER' : 'ASSISTANT',
    content: 'word '.repeat(40),
  }));
  expect(await of('large', { chat: { messages } })).toMatchObject({
    status: 'FAILED',
    failure: { code: 'CONTEXT_LENGTH_EXCEEDED' },
  });
  expect((await of('large', { chat: { messages, truncate: true } })).status).toBe('COMPLETE');
});

test.each([
  ['vectors', { embed: { input: ['a'] } }],
  ['a raw prompt', { generate: { prompt: 'a', raw: true } }],
  ['a suffix', { generate: { prompt: 'a', suffix: 'b' } }],
  ['JSON without a schema', { generate: { prompt: 'a', format: 'json' } }],
  ['log probabilities', { generate: { prompt: 'a', logprobs: true } }],
])('%s is nothing that it has: the job is refused or ends with a sentence', async (_name, request) => {
  await using server = await AnthropicServer.start();
  await using world = await ProviderWorld.start([claude(server)]);
  await world.ended(await world.generate('large'));
  const answer = await world.submit({ model: 'large', request });
  if (!answer.job) return expect(answer.message ?? answer.issues).toBeTruthy();
  expect(await world.ended(answer.job.id)).toMatchObject({
    status: 'FAILED',
    failure: { code: 'REQUEST_REJECTED' },
  });
});

test.each([
  ['too many requests', { status: 429, type: 'rate_limit_error', retryAfter: '1' }],
  ['too many of all', { status: 529, type: 'overloaded_error' }],
  ['an outage', { status: 500, type: 'api_error' }],
  ['too much in the middle of an answer', { midway: 'overloaded_error' }],
])('after %s the job is done all the same', async (_name, fault) => {
  await using server = await AnthropicServer.start();
  server.faults.push(fault);
  await using world = await ProviderWorld.start([claude(server)]);
  const done = await world.ended(await world.generate('large'));
  expect(done).toMatchObject({ status: 'COMPLETE', attempts: [{ failure: { code: 'BACKEND_ERROR' } }, {}] });
});

test('a stop in the middle ends the answer there', async () => {
  await using server = await AnthropicServer.start();
  server.pauseMs = 30;
  await using world = await ProviderWorld.start([claude(server)]);
  const ended = new AbortController();
  const answer = await fetch(`${world.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'large',
      stream: true,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hello' }],
    }),
    signal: ended.signal,
  });
  for await (const bytes of answer.body ?? []) if (Buffer.from(bytes).toString().includes('word0')) break;
  ended.abort();
  await eventually(
    async () => server.cutOff,
    (count) => count === 1,
  );
});

test('a wrong key makes it unhealthy, and it is not told to anybody', async () => {
  await using server = await AnthropicServer.start();
  const key = 'sk-ant-the-wrong-key-of-a-test';
  await using world = await ProviderWorld.start([claude(server, { headers: { 'x-api-key': key } })]);
  const { problem } = await eventually(
    async () => (await world.query('{ health { backends { problem } } }')).health.backends[0],
    (backend) => backend.problem !== null,
  );
  expect(problem).toMatch(/wants a key, or another one \(status 401\)/);
  expect(problem).not.toContain(key);
});

test('a check tells what is there without asking a model, and what is not', async () => {
  await using server = await AnthropicServer.start();
  const own = claude(server, { models: null });
  expect(await checkProvider(own, systemClock)).toEqual({
    kind: 'answers',
    version: '2023-06-01',
    models: ['claude-large', 'claude-small'],
  });
  expect(await checkProvider({ ...own, headers: {} }, systemClock)).toMatchObject({
    kind: 'closed',
    why: expect.stringMatching(/wants a key/),
  });
  expect(await checkProvider({ ...own, url: new URL('/v9', own.url).href }, systemClock)).toMatchObject({
    kind: 'strange',
  });
  expect(server.requests.some(({ path }) => path === '/v1/messages')).toBe(false);
  await server[Symbol.asyncDispose]();
  expect(await checkProvider(own, systemClock)).toEqual({ kind: 'silent' });
});

test.each([
  ['no key', { headers: undefined }, /no apiKey is set/],
  ['a way that is open', { url: 'http://company.example/v1' }, /key and prompts can be read on the way/],
  ['no price', { models: { large: named({ model: 'a', price: null }) } }, /no cost is counted of large/],
])('people are told of %s', async (_name, more, told) => {
  const { headers, ...own } = { ...provider('https://company.example/v1', { models: OFFERED }), ...more };
  const notes = await notesOn({ ...own, ...(headers && { headers }) }, {});
  expect(notes.map(({ text }) => text).join('\n')).toMatch(told);
});
