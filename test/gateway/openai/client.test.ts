/** The `openai` package, as programs use it, against a server over a virtual Ollama. */
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { collected, type GatewayWorld, gatewayWorld } from '../support/world.ts';

const PLAIN = 'plain';
const ABLE = 'able:7b';
const EMBEDDER = 'vectors';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const USER = { role: 'user', content: 'How is the weather?' } as const;

const { facts } = thinModel('x', 1);
const catalog = [
  thinModel(PLAIN, 100),
  { ...thinModel(ABLE, 100), capabilities: ['completion', 'tools', 'thinking', 'vision', 'insert'] as const },
  { ...thinModel(EMBEDDER, 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
];

const tool = (name: string) => ({
  type: 'function' as const,
  function: {
    name,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
});

async function start(options: { readonly tokensPerSecond?: number; readonly keys?: boolean } = {}) {
  const world = await gatewayWorld({ ollama: { catalog, ...options } });
  return { ...world, client: clientOf(world) };
}

function clientOf({ url }: Pick<GatewayWorld, 'url'>): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
}

let world: GatewayWorld;
let client: OpenAI;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog } });
  client = clientOf(world);
});
afterAll(() => world[Symbol.asyncDispose]());

describe('models', () => {
  test('are listed, and told one by one as they are asked for', async () => {
    const models = await collected(client.models.list());
    expect(models.map(({ id }) => id).sort()).toEqual(['able:7b', 'plain:latest', 'vectors:latest']);
    for (const model of models) {
      expect(model).toMatchObject({ object: 'model', owned_by: 'library' });
      expect(model.created).toBeGreaterThan(1_000_000_000);
    }
    expect(await client.models.retrieve('Plain')).toMatchObject({ id: 'Plain', owned_by: 'library' });
    await expect(client.models.retrieve('nothere')).rejects.toMatchObject({
      status: 404,
      type: 'not_found_error',
      message: "404 model 'nothere:latest' not found",
    });
  });
});

describe('a chat', () => {
  test('is answered as one, and is a job', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: PLAIN, messages: [USER], max_completion_tokens: 3 })
      .withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: PLAIN,
      choices: [{ index: 0, finish_reason: 'length', message: { role: 'assistant' } }],
      usage: { completion_tokens: 3 },
    });
    expect(data.id).toMatch(/^chatcmpl-\w+$/);
    const [job] = await world.jobs();
    expect(job).toMatchObject({ id: response.headers.get('x-job-id'), kind: 'CHAT', status: 'COMPLETE' });
  });

  test('is answered in chunks, with what was used after the end', async () => {
    const asked = { model: PLAIN, messages: [USER], seed: 5 };
    const whole = await client.chat.completions.create(asked);
    const stream = await client.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collected(stream);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: 'assistant' });
    expect(chunks[1]?.choices[0]?.delta).not.toHaveProperty('role');
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]?.message.content,
    );
    expect(chunks.at(-2)?.choices).toEqual([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  test('calls two tools, in one object and in deltas that helpers put together', async () => {
    const asked = {
      model: ABLE,
      messages: [{ role: 'user' as const, content: 'Use weather and then clock.' }],
      tools: [tool('other'), tool('weather'), tool('clock')],
    };
    const whole = (await client.chat.completions.create({ ...asked, reasoning_effort: 'none' })).choices[0];
    expect(whole).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: '',
        tool_calls: [{ function: { name: 'weather' } }, { function: { name: 'clock' } }],
      },
    });
    const streamed = client.chat.completions.stream({ ...asked, reasoning_effort: 'none' });
    const deltas = (await collected(streamed)).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas.map(({ index, type, function: called }) => [index, type, called?.name])).toEqual([
      [0, 'function', 'weather'],
      [1, 'function', 'clock'],
    ]);
    const { choices } = await streamed.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const calls = choices[0]?.message.tool_calls ?? [];
    for (const call of calls) {
      expect(call.id).toMatch(/^call_\w+$/);
      expect(JSON.parse(call.type === 'function' ? call.function.arguments : '')).toEqual({
        city: expect.any(String),
      });
    }
    const answers = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: '9 °C' }));
    const said = { role: 'assistant' as const, content: null, tool_calls: calls };
    const next = await client.chat.completions.create({
      ...asked,
      messages: [...asked.messages, said, ...answers],
      reasoning_effort: 'none',
    });
    expect(next.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringMatching(/\w/) },
    });
    const none = await client.chat.completions.create({ ...asked, tool_choice: 'none' });
    expect(none.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test('is of the form that a schema asks for', async () => {
    const Weather = z.object({ city: z.string(), degrees: z.number(), sunny: z.boolean() });
    const parsed = await client.chat.completions.parse({
      model: PLAIN,
      messages: [USER],
      response_format: zodResponseFormat(Weather, 'weather'),
    });
    expect(Weather.parse(parsed.choices[0]?.message.parsed)).toEqual(parsed.choices[0]?.message.parsed);
    const object = await client.chat.completions.create({
      model: PLAIN,
      messages: [USER],
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(object.choices[0]?.message.content ?? '')).toBeTypeOf('object');
  });

  test('thinks before it speaks, where it should', async () => {
    const asked = { model: ABLE, messages: [USER] };
    const deltas = (
      await collected(
        await client.chat.completions.create({ ...asked, stream: true, reasoning_effort: 'high' }),
      )
    ).map(({ choices }) => choices[0]?.delta as { reasoning?: string; content?: string });
    const lastThought = deltas.findLastIndex(({ reasoning }) => reasoning);
    const firstSaid = deltas.findIndex(({ content }) => content);
    expect(lastThought).toBeGreaterThanOrEqual(0);
    expect(firstSaid).toBeGreaterThan(lastThought);
    const still = await client.chat.completions.create({ ...asked, reasoning_effort: 'none' });
    expect(still.choices[0]?.message).not.toHaveProperty('reasoning');
  });

  test('that asks for thoughts beyond the API is answered by a model without any', async () => {
    const more = { think: true } as object;
    const asked = { model: PLAIN, max_tokens: 2 };
    const chat = await client.chat.completions.create({ ...asked, messages: [USER], ...more });
    expect(chat.usage?.completion_tokens).toBe(2);
    const text = await client.completions.create({ ...asked, prompt: 'Once', ...more });
    expect(text.usage?.completion_tokens).toBe(2);
    const thought = await client.chat.completions.create({ model: ABLE, messages: [USER], ...more });
    expect(thought.choices[0]?.message).toHaveProperty('reasoning');
  });

  test('looks at images, and is told why where it cannot', async () => {
    const look = (model: string, url: string) =>
      client.chat.completions.create({
        model,
        reasoning_effort: 'none',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url } },
            ],
          },
        ],
      });
    const seen = await look(ABLE, `data:image/png;base64,${PNG}`);
    expect(seen.choices[0]?.finish_reason).toBe('stop');
    await expect(look(ABLE, 'https://example.com/a.png')).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('image URLs are not currently supported'),
    });
  });

  test('tells how likely its tokens were, in one object and in chunks', async () => {
    const asked = { model: PLAIN, messages: [USER], max_tokens: 3, logprobs: true, top_logprobs: 2 };
    const [whole] = (await client.chat.completions.create(asked)).choices;
    expect(whole?.logprobs?.content).toHaveLength(3);
    expect(whole?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2);
    const chunks = await collected(await client.chat.completions.create({ ...asked, stream: true }));
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])).toEqual(
      whole?.logprobs?.content,
    );
  });

  test('goes on with two models at once', async () => {
    const ask = (model: string) => client.chat.completions.create({ model, messages: [USER], max_tokens: 5 });
    const answers = await Promise.all([ask(PLAIN), ask(ABLE), ask(PLAIN), ask(ABLE)]);
    expect(answers.map(({ model }) => model)).toEqual([PLAIN, ABLE, PLAIN, ABLE]);
    for (const { usage } of answers) expect(usage?.completion_tokens).toBe(5);
  });

  test('without a message only loads the model', async () => {
    const loaded = await client.chat.completions.create({
      model: PLAIN,
      messages: [{ role: 'user', content: [] }],
    });
    expect(loaded.choices).toEqual([
      { index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'load' },
    ]);
  });

  test.each([
    [-1, null],
    ['1m', 'keep_alive'],
  ])(
    'takes wishes beyond the API, a keep-alive of %s too, and tells those that were not granted',
    async (keepAlive, dropped) => {
      const body = {
        model: PLAIN,
        messages: [USER],
        num_ctx: 1_024,
        keep_alive: keepAlive,
        options: { num_predict: 2 },
      };
      const answer = await fetch(`${world.url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(await answer.json()).toMatchObject({ usage: { completion_tokens: 2 } });
      expect(answer.headers.get('x-options-dropped')).toBe(dropped);
    },
  );
});

describe('a completion', () => {
  test('is answered as one and in chunks', async () => {
    const asked = { model: ABLE, prompt: 'Once', suffix: 'end.', max_tokens: 4 };
    const whole = await client.completions.create(asked);
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ finish_reason: 'length' }] });
    const chunks = await collected(
      await client.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole.choices[0]?.text);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });
});

describe('embeddings', () => {
  test('are the same as base64, which is what the client asks for, and as numbers', async () => {
    const input = ['one', 'two', ''];
    const { data, usage } = await client.embeddings.create({ model: EMBEDDER, input });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(usage.total_tokens).toBe(usage.prompt_tokens);
    const numbers = await client.embeddings.create({ model: EMBEDDER, input, encoding_format: 'float' });
    expect(data.map(({ embedding }) => embedding)).toEqual(
      numbers.data.map(({ embedding }) => embedding.map(Math.fround)),
    );
  });

  test.each([
    [5, 'invalid input type'],
    [[5, 6], 'invalid input type'],
    [[[5]], 'invalid input type'],
    [[], 'invalid input'],
    [null, 'invalid input'],
  ])('of %j are refused', async (input, message) => {
    await expect(
      client.embeddings.create({ model: EMBEDDER, input: input as unknown as string }),
    ).rejects.toMatchObject({ status: 400, type: 'invalid_request_error', message: `400 ${message}` });
  });
});

describe('what goes wrong', () => {
  const ask = (more: object, streams = false) =>
    client.chat.completions.create({ model: PLAIN, messages: [USER], stream: streams, ...more });

  test.each([
    [{ model: 'nothere' }, 404, 'not_found_error', "model 'nothere' not found"],
    [{ model: '' }, 400, 'invalid_request_error', 'model is required'],
    [{ model: 'x:cloud' }, 403, 'api_error', 'ollama cloud is disabled: remote model is unavailable'],
    [{ model: EMBEDDER }, 400, 'invalid_request_error', '"vectors" does not support chat'],
    [
      { tools: [tool('f')] },
      400,
      'invalid_request_error',
      'registry.ollama.ai/library/plain:latest does not support tools',
    ],
    [{ reasoning_effort: 'low' }, 400, 'invalid_request_error', '"plain" does not support thinking'],
    [
      { logprobs: true, top_logprobs: 21 },
      400,
      'invalid_request_error',
      'top_logprobs must be between 0 and 20',
    ],
    [{ messages: [] }, 400, 'invalid_request_error', "[] is too short - 'messages'"],
  ])('%j is told, asked for as one and as a stream', async (more, status, type, message) => {
    for (const streams of [false, true])
      await expect(ask(more, streams)).rejects.toMatchObject({
        status,
        type,
        param: null,
        message: `${status} ${message}`,
      });
  });

  test('at the backend is told in its words, and is not asked for again', async () => {
    const options = { top_k: 'many' };
    const failed = ask({ options });
    await expect(failed).rejects.toMatchObject({
      status: 500,
      type: 'api_error',
      message: '500 option "top_k" must be of type integer',
    });
    const error = await failed.catch((reason: InstanceType<typeof OpenAI.APIError>) => reason);
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get('x-should-retry')).toBe('false');
  });

  test.each([
    ['/v1/nothere', 'GET', 404, '404 page not found'],
    ['/v1/images/generations', 'POST', 404, '404 page not found'],
    ['/v1/chat/completions', 'GET', 405, '405 method not allowed'],
    ['/v1/models', 'POST', 405, '405 method not allowed'],
  ])('%s %s is not there', async (path, method, status, text) => {
    const answer = await fetch(`${world.url}${path}`, { method });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      status,
      'text/plain',
      text,
    ]);
    if (status === 405) expect(answer.headers.get('allow')).toBe(method === 'GET' ? 'POST' : 'GET');
  });

  test('in mid-stream ends the stream with an error', async () => {
    world.app.ollama.core.faults.set({ quoteOutput: 1 });
    const seen: unknown[] = [];
    const reading = (async () => {
      const stream = await client.chat.completions.create({ model: PLAIN, messages: [USER], stream: true });
      for await (const chunk of stream) seen.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining('error parsing tool call'),
      type: 'api_error',
    });
    expect(seen.length).toBeGreaterThan(0);
    expect((await world.jobs())[0]).toMatchObject({ status: 'FAILED' });
  });
});

test('a body of another type, an unknown length or nothing is no reason for a 500', async () => {
  const bodies = [
    '',
    'x',
    '5',
    'null',
    '[]',
    '"a"',
    '{"model":null}',
    '{"model":{}}',
    `{"a":${'['.repeat(20_000)}`,
  ];
  for (const path of ['chat/completions', 'completions', 'embeddings'])
    for (const body of bodies) {
      const answer = await fetch(`${world.url}/v1/${path}`, { method: 'POST', body });
      expect([body.slice(0, 20), answer.status >= 400 && answer.status < 500]).toEqual([
        body.slice(0, 20),
        true,
      ]);
      expect(await answer.json()).toMatchObject({ error: { message: expect.any(String), param: null } });
    }
});

describe('a client that leaves', () => {
  const long = { model: PLAIN, messages: [USER], max_tokens: 10_000 };

  test('has its jobs cancelled: before the first token, in mid-stream, and while they wait', async () => {
    await using t = await start({ tokensPerSecond: 2 });
    const stream = await t.client.chat.completions.create({ ...long, stream: true });
    await stream[Symbol.asyncIterator]().next();
    const leaving = Array.from({ length: 4 }, () => new AbortController());
    const asked = leaving.map(({ signal }, at) =>
      t.client.chat.completions.create({ ...long, stream: at % 2 === 0 }, { signal }).then(
        () => 'answered',
        (error: Error) => error.constructor.name,
      ),
    );
    await eventually(t.jobs, (jobs) => jobs.length === 5);
    for (const one of leaving) one.abort();
    expect(await Promise.all(asked)).toEqual(asked.map(() => 'APIUserAbortError'));
    stream.controller.abort();
    await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
  });
});
