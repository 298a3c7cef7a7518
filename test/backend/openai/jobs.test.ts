/** Jobs of every kind on a server of OpenAI's API, through the whole program. */
import { describe, expect, test } from 'vitest';
import type { Flavour } from '../../../src/virtual-openai/index.ts';
import { OpenAiWorld } from './openai-world.ts';

const CHAT = 'virtual/chat-8b';
const EMBED = 'virtual/embed-small';

const chat = (content: string, more: object = {}) => ({
  chat: { messages: [{ role: 'USER', content }], ...more },
});

describe.each<Flavour>(['llama.cpp', 'vllm', 'plain'])('on a server such as %s', (flavour) => {
  test('a chat, a generation and an embedding end with their results', async () => {
    await using world = await OpenAiWorld.start({ server: { flavour } });
    const options = { maxTokens: 5 };
    const inputs = [
      { model: CHAT, request: chat('Why is the sky blue?', { options }) },
      { model: CHAT, request: { generate: { prompt: 'Once', system: 'Be brief.', options } } },
      { model: CHAT, request: { generate: { prompt: 'Once', raw: true, options } } },
      { model: EMBED, request: { embed: { input: ['one', 'two', 'three'] } } },
    ];
    const ids = [];
    for (const input of inputs) ids.push((await world.submit(input)).job.id);
    const [first, second, third, vectors] = await Promise.all(ids.map((id) => world.ended(id)));
    for (const job of [first, second, third]) {
      expect(job).toMatchObject({ status: 'COMPLETE', failure: null });
      expect(job.result).toMatchObject({
        text: 'The virtual server answers every',
        doneReason: 'LENGTH',
        usage: { completionTokens: 5 },
      });
    }
    expect(vectors.result).toMatchObject({ dimensions: 384 });
    expect(vectors.result.embeddings).toHaveLength(3);
    const paths = world.server.requests.flatMap(({ path, body }) => (body?.model ? [path] : []));
    expect(paths.toSorted()).toEqual(
      ['/v1/chat/completions', '/v1/chat/completions', '/v1/completions', '/v1/embeddings'].toSorted(),
    );
  });

  test('its models are told with their own names, and as what is in memory', async () => {
    await using world = await OpenAiWorld.start({ server: { flavour } });
    await world.ended((await world.submit({ model: CHAT, request: chat('Hello') })).job.id);
    const { models, backends } = await world.query(
      '{ models(first: 10) { nodes { name } } backends { capabilities { canLoad canPull canDelete canCopy } instances { modelName status parallel } } }',
    );
    expect(models.nodes.map(({ name }: { readonly name: string }) => name)).toEqual([CHAT, EMBED]);
    expect(backends[0].capabilities).toEqual({
      canLoad: false,
      canPull: false,
      canDelete: false,
      canCopy: false,
    });
    expect(backends[0].instances).toContainEqual({ modelName: CHAT, status: 'READY', parallel: 4 });
  });

  test('a prompt that is longer than its context ends with the count of its tokens', async () => {
    await using world = await OpenAiWorld.start({
      server: { flavour, models: [{ id: CHAT, contextLength: 100 }] },
    });
    const long = { model: CHAT, request: chat('word '.repeat(150)) };
    const told = await world.submit(long);
    const failure = told.job ? (await world.ended(told.job.id)).failure : told;
    expect(failure).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
    // It may be cut where that was asked for.
    const messages = Array.from({ length: 8 }, () => ({ role: 'USER', content: 'word '.repeat(20) }));
    const { job } = await world.submit({ model: CHAT, request: { chat: { messages, truncate: true } } });
    expect(await world.ended(job.id)).toMatchObject({ status: 'COMPLETE' });
    const sent = world.lastSent('/v1/chat/completions');
    expect(sent?.messages).toHaveLength(2);
  });

  test('a text without a limit, and one longer than the room, end where the context does', async () => {
    await using world = await OpenAiWorld.start({
      server: { flavour, models: [{ id: CHAT, contextLength: 100 }] },
    });
    const raw = { generate: { prompt: 'Once', raw: true } };
    const tooLong = chat('Hello', { options: { maxTokens: 5_000 } });
    for (const request of [raw, tooLong]) {
      const { job } = await world.submit({ model: CHAT, request });
      expect(await world.ended(job.id)).toMatchObject({ status: 'COMPLETE' });
    }
    const sent = world.lastSent('/v1/completions');
    expect(sent?.max_tokens).toBeGreaterThan(16);
  });
});

test('what a request asks is said in the words of the API', async () => {
  await using world = await OpenAiWorld.start();
  const schema = { type: 'object', properties: { answer: { type: 'string' } } };
  const { job } = await world.submit({
    model: CHAT,
    request: chat('Is it?', {
      think: 'LOW',
      format: schema,
      options: {
        maxTokens: 20,
        seed: 7,
        temperature: 0.5,
        extra: { top_p: 0.9, stop: ['END'], repeat_penalty: 1.1 },
      },
    }),
  });
  expect((await world.ended(job.id)).result.text).toBe('{"answer":"yes"}');
  const sent = world.lastSent('/v1/chat/completions');
  expect(sent).toMatchObject({
    model: CHAT,
    messages: [{ role: 'user', content: 'Is it?' }],
    stream: true,
    max_tokens: 20,
    seed: 7,
    temperature: 0.5,
    top_p: 0.9,
    stop: ['END'],
    repeat_penalty: 1.1,
    repetition_penalty: 1.1,
    reasoning_effort: 'low',
    chat_template_kwargs: { enable_thinking: true },
    response_format: { type: 'json_schema', json_schema: { schema } },
  });
});

test('a call of a tool comes whole, and its result is answered', async () => {
  await using world = await OpenAiWorld.start();
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
  const asked = await world.post('/v1/chat/completions', {
    model: CHAT,
    messages: [{ role: 'user', content: 'Weather?' }],
    tools,
  });
  const { choices } = (await asked.json()) as {
    choices: readonly [{ message: { tool_calls: readonly object[] } }];
  };
  const [call] = choices[0].message.tool_calls;
  expect(call).toMatchObject({ id: 'call_0', function: { name: 'weather', arguments: '{"place":"here"}' } });
  const answered = await world.post('/v1/chat/completions', {
    model: CHAT,
    messages: [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_0', content: 'rain' },
    ],
    tools,
  });
  expect(answered.status).toBe(200);
  const sent = world.lastSent('/v1/chat/completions');
  expect(sent?.messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'call_0', function: { arguments: '{"place":"here"}' } }] },
    { role: 'tool', tool_call_id: 'call_0', content: 'rain' },
  ]);
});

test('the drop-in APIs of Ollama and Anthropic serve its models, too', async () => {
  await using world = await OpenAiWorld.start();
  const messages = [{ role: 'user', content: 'Hello' }];
  const ollama = await world.post('/api/chat', { model: CHAT, messages, stream: false });
  expect(await ollama.json()).toMatchObject({ done: true, message: { role: 'assistant' } });
  const anthropic = await world.post('/v1/messages', { model: CHAT, messages, max_tokens: 4 });
  expect(await anthropic.json()).toMatchObject({ type: 'message', stop_reason: 'max_tokens' });
  const tags = (await (await fetch(`${world.url}/api/tags`)).json()) as {
    models: readonly { name: string }[];
  };
  expect(tags.models.map(({ name }) => name).toSorted()).toEqual([CHAT, EMBED]);
  const shown = await world.post('/api/show', { model: CHAT });
  expect(await shown.json()).toMatchObject({ capabilities: expect.arrayContaining(['completion']) });
});

test('its models stay in memory, whatever the settings say of models that are not used', async () => {
  const keepAliveMs = 300_000;
  await using world = await OpenAiWorld.start({ config: { keepAliveMs } });
  await world.ended((await world.submit({ model: CHAT, request: chat('Why?') })).job.id);
  const { backends } = await world.query('{ backends { instances { modelName expiresAt keepAlive } } }');
  expect(backends[0].instances).toContainEqual({ modelName: CHAT, expiresAt: null, keepAlive: null });
  const listed = await (await fetch(`${world.url}/api/ps`)).json();
  const { expires_at } = listed.models.find(({ name }: { readonly name: string }) => name === CHAT);
  // As far away as Ollama says of a model that stays.
  expect(Date.parse(expires_at)).toBeGreaterThan(Date.parse('2200-01-01'));
});

test('no more requests are sent at once than the server runs', async () => {
  await using world = await OpenAiWorld.start({ server: { slots: 3, tokensPerSecond: 200 } });
  const ids = [];
  for (let i = 0; i < 12; i += 1) ids.push(await world.generate(CHAT));
  await Promise.all(ids.map((id) => world.ended(id)));
  expect(world.server.mostAtOnce).toBe(3);
});

test('a model that it does not have waits for nobody, and nothing is loaded, pulled or deleted there', async () => {
  await using world = await OpenAiWorld.start();
  await world.ended(await world.generate(CHAT));
  expect(await world.submit({ model: 'nobody/has-it', request: chat('Hi') })).toMatchObject({
    code: 'MODEL_NOT_FOUND',
  });
  const pulled = await world.query(
    'mutation { pullModel(input: { model: "virtual/other" }) { __typename ... on UserError { message } } }',
  );
  expect(pulled.pullModel.__typename).not.toBe('PullModelPayload');
  const unloaded = await world.query(
    `mutation { unloadModel(input: { model: "${CHAT}" }) { __typename ... on UserError { message } } }`,
  );
  expect(unloaded.unloadModel.__typename).not.toBe('UnloadModelPayload');
});
