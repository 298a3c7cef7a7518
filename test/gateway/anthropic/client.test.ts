/** Messages by the `@anthropic-ai/sdk` package, as programs use it: each request is a job of the queue. */
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import type { ModelDescription } from '../../../src/virtual-ollama/core/catalog.ts';
import { eventually } from '../../support/eventually.ts';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { collected, gatewayWorld } from '../support/world.ts';

const PLAIN = 'plain';
const ABLE = 'able';
const SEER = 'seer';

const CATALOG: readonly ModelDescription[] = [
  { ...thinModel(PLAIN, 50), capabilities: ['completion'] },
  { ...thinModel(ABLE, 50), capabilities: ['completion', 'tools', 'thinking'] },
  { ...thinModel(SEER, 50), capabilities: ['completion', 'vision'] },
];

async function world(options: Parameters<typeof gatewayWorld>[0] = {}, key = 'anything') {
  const ollama = { catalog: CATALOG, ...options.ollama };
  const world = await gatewayWorld({ ...options, ollama }, { 'x-api-key': key });
  const client = new Anthropic({ baseURL: world.url, apiKey: key, maxRetries: 0 });
  return { ...world, client };
}

const HELLO = [{ role: 'user' as const, content: 'Hello there.' }];
const asked = { model: PLAIN, max_tokens: 12, messages: HELLO };

const WEATHER = {
  name: 'weather',
  description: 'Tells the weather.',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
};

/** 1 × 1 PNG. */
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function failureOf(promise: Promise<unknown>): Promise<APIError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  );
  if (error instanceof APIError) return error;
  throw error;
}

describe('a program that speaks Anthropic', () => {
  test('is answered with one message, and by a stream that comes to the same', async () => {
    await using t = await world();
    const whole = await t.client.messages.create(asked);
    expect(whole).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: PLAIN,
      content: [{ type: 'text', text: expect.stringMatching(/./) }],
      stop_reason: 'max_tokens',
      stop_sequence: null,
      usage: { input_tokens: expect.any(Number), output_tokens: 12 },
    });
    expect(whole.id).toMatch(/^msg_/);
    const local = await t.client.messages.create({ ...asked, model: `${PLAIN}:local` });
    expect(local).toMatchObject({ model: `${PLAIN}:local`, content: whole.content });
    const stream = t.client.messages.stream(asked);
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    const streamed = await stream.finalMessage();
    expect(texts.length).toBeGreaterThan(2);
    expect(streamed).toMatchObject({ ...whole, id: expect.stringMatching(/^msg_/) });
    expect(stream.request_id).toMatch(/^req_/);
    expect((await t.jobs()).map(({ kind, status }) => [kind, status])).toEqual(
      Array(3).fill(['CHAT', 'COMPLETE']),
    );
  });

  test('sees each event in the form of the API', async () => {
    await using t = await world();
    const events = await collected(await t.client.messages.create({ ...asked, stream: true }));
    const kinds = events.map(({ type }) => type);
    expect(kinds.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'content_block_delta']);
    expect(kinds.slice(-4)).toEqual([
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const response = await fetch(`${t.url}/v1/messages?beta=true`, {
      method: 'POST',
      headers: { 'anthropic-beta': 'whatever-2030-01-01', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...asked, stream: true, nobody_knows: { this: true } }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('x-job-id')).toMatch(/^job_/);
    expect(response.headers.get('x-queue-wait-ms')).toMatch(/^\d+$/);
    expect(await response.text()).toMatch(
      /^event: message_start\ndata: \{.*\}\n\nevent: content_block_start\n/,
    );
  });

  test('has tools called, and answers for them', async () => {
    await using t = await world();
    const request = {
      ...asked,
      max_tokens: 500,
      model: ABLE,
      tools: [WEATHER],
      thinking: { type: 'disabled' as const },
    };
    const called = await t.client.messages.stream(request).finalMessage();
    expect(called.stop_reason).toBe('tool_use');
    const use = called.content.find((block) => block.type === 'tool_use');
    expect(use).toMatchObject({ name: 'weather', input: { city: expect.any(String) } });
    const whole = await t.client.messages.create(request);
    expect(whole.content).toEqual(called.content);
    const answered = await t.client.messages.create({
      ...request,
      messages: [
        ...HELLO,
        { role: 'assistant', content: called.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: use?.id ?? '', content: 'Rain.' }] },
      ],
    });
    expect(answered.content.some(({ type }) => type === 'text')).toBe(true);
    expect(answered.stop_reason).not.toBe('tool_use');
    const none = await t.client.messages.create({ ...request, tool_choice: { type: 'none' } });
    expect(none.content.some(({ type }) => type === 'tool_use')).toBe(false);
  });

  test('sees what a model thinks, and asks it of one that does not think', async () => {
    await using t = await world();
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const request = { ...asked, max_tokens: 400, model: ABLE, thinking };
    const streamed = await t.client.messages.stream(request).finalMessage();
    expect(streamed.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect((await t.client.messages.create(request)).content).toEqual(streamed.content);
    const replayed = await t.client.messages.create({
      ...request,
      messages: [...HELLO, { role: 'assistant', content: streamed.content }, ...HELLO],
    });
    expect(replayed.content.length).toBeGreaterThan(0);
    const silent = await t.client.messages.create({ ...request, thinking: { type: 'disabled' } });
    expect(silent.content.map(({ type }) => type)).toEqual(['text']);
    expect((await t.client.messages.create({ ...request, model: PLAIN })).content).toHaveLength(1);
  });

  test('sends images', async () => {
    await using t = await world();
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: PIXEL };
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image' as const, source },
    ];
    const request = { ...asked, model: SEER, messages: [{ role: 'user' as const, content }] };
    const { usage } = await t.client.messages.create(request);
    const { usage: without } = await t.client.messages.create({ ...asked, model: SEER });
    expect(usage.input_tokens).toBeGreaterThan(without.input_tokens);
    const address = {
      type: 'image' as const,
      source: { type: 'url' as const, url: 'https://example.org/a.png' },
    };
    const error = await failureOf(
      t.client.messages.create({ ...asked, model: SEER, messages: [{ role: 'user', content: [address] }] }),
    );
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.message).toContain('Only base64 images are supported.');
  });

  test('learns what is wrong in the form that it knows', async () => {
    await using t = await world();
    const missing = await failureOf(t.client.messages.create({ ...asked, model: 'nothere' }));
    expect(missing).toMatchObject({ status: 404, type: 'not_found_error' });
    expect(missing.apiMessage).toBe("model 'nothere' not found");
    expect(missing.requestID).toMatch(/^req_/);
    expect(missing.error).toMatchObject({ type: 'error', request_id: missing.requestID });
    const unable = await failureOf(t.client.messages.create({ ...asked, tools: [WEATHER] }));
    expect(unable).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(unable.apiMessage).toContain('does not support tools');
    const cloud = await failureOf(t.client.messages.create({ ...asked, model: 'plain:cloud' }));
    expect(cloud).toMatchObject({ status: 403, type: 'permission_error' });
    const empty = await failureOf(t.client.messages.create({ ...asked, max_tokens: 0 }));
    expect(empty.apiMessage).toBe('max_tokens is required and must be positive');
    expect(await t.jobs()).toEqual([]);
  });

  test('counts tokens before it asks', async () => {
    await using t = await world();
    const count = await t.client.messages.countTokens({
      model: PLAIN,
      system: 'x'.repeat(40),
      messages: [{ role: 'user', content: 'y'.repeat(41) }],
    });
    expect(count).toEqual({ input_tokens: 21 });
    const error = await failureOf(t.client.messages.countTokens({ model: 'nothere', messages: HELLO }));
    expect(error).toMatchObject({ status: 404, type: 'not_found_error' });
  });

  test('loads a model by saying nothing', async () => {
    await using t = await world();
    const request = { ...asked, messages: [{ role: 'user' as const, content: '' }] };
    const whole = await t.client.messages.create(request);
    expect(whole).toMatchObject({ content: [], stop_reason: 'end_turn' });
    expect(await t.client.messages.stream(request).finalMessage()).toMatchObject({ content: [] });
    expect(await t.jobs()).toEqual([]);
  });
});

describe('a failure', () => {
  test('of the backend is told with its status and words before the stream, and by an event within it', async () => {
    await using t = await world();
    const options = { top_k: 'many' };
    const refused = await failureOf(t.client.messages.create({ ...asked, options } as typeof asked));
    expect(refused).toMatchObject({ status: 500, type: 'api_error' });
    expect(refused.apiMessage).toBe('option "top_k" must be of type integer');
    expect(refused.headers?.get('x-should-retry')).toBe('false');
    t.app.ollama.core.faults.set({ quoteOutput: 1 });
    const stream = t.client.messages.stream({ ...asked, max_tokens: 40 });
    const broken = await failureOf(stream.finalMessage());
    expect(stream.receivedMessages).toEqual([]);
    expect(broken.type).toBe('api_error');
    // What is refused at the door is no job.
    expect(await t.jobs()).toMatchObject([{ status: 'FAILED' }]);
  });

  test('of a prompt that is too long names the context', async () => {
    await using t = await world();
    const messages = [{ role: 'user' as const, content: 'word '.repeat(20_000) }];
    const error = await failureOf(
      t.client.messages.create({ ...asked, messages, truncate: false } as typeof asked),
    );
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.apiMessage).toMatch(/context/);
  });

  test('by a full queue is an overload, with a time to try again', async () => {
    await using t = await world({ ollama: { tokensPerSecond: 1 }, config: { queueLimit: 1 } });
    const long = { ...asked, max_tokens: 10_000 };
    const leave = new AbortController();
    const { signal } = leave;
    const others = [];
    for (let count = 1; count <= 3; count++) {
      others.push(t.client.messages.create(long, { signal }).catch(() => null));
      await eventually(t.jobs, (jobs) => jobs.length === count);
      if (count < 3) await eventually(t.jobs, (jobs) => jobs[0]?.status === 'RUNNING');
    }
    const error = await failureOf(t.client.messages.create(long));
    expect(error).toMatchObject({ status: 503, type: 'overloaded_error' });
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0);
    leave.abort();
    await Promise.all(others);
    await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
  });

  test('of the key, the path and the method is in the form of the API', async () => {
    const key = 'a-key-of-enough-characters';
    const keys = [{ name: 'me', key, admin: true, maxPriority: 'HIGH' as const }];
    await using t = await world({ config: { keys } }, key);
    expect((await t.client.messages.create(asked)).type).toBe('message');
    const client = new Anthropic({ baseURL: t.url, apiKey: 'another', maxRetries: 0 });
    const error = await failureOf(client.messages.create(asked));
    expect(error).toMatchObject({ status: 401, type: 'authentication_error' });
    expect(error.error).toMatchObject({ type: 'error', request_id: expect.stringMatching(/^req_/) });
    const headers = { 'x-api-key': key };
    expect((await fetch(`${t.url}/v1/messages`, { headers })).status).toBe(405);
    expect((await fetch(`${t.url}/v1/messages/nothing`, { method: 'POST', headers })).status).toBe(404);
  });
});

describe('a program that leaves', () => {
  const long = { ...asked, max_tokens: 10_000 };
  const slow = { ollama: { tokensPerSecond: 2 } };
  const cancelled = (jobs: readonly { readonly status: string }[]) =>
    jobs.length > 0 && jobs.every(({ status }) => status === 'CANCELLED');

  test.each([true, false])('before the first token has its job cancelled (stream: %s)', async (stream) => {
    await using t = await world({ ollama: { ...slow.ollama, promptTokensPerSecond: 0.1 } });
    const leave = new AbortController();
    const answer = failureOf(t.client.messages.create({ ...long, stream }, { signal: leave.signal }));
    await eventually(t.jobs, ([job]) => job?.status === 'RUNNING');
    leave.abort();
    await answer;
    await eventually(t.jobs, cancelled);
  });

  test('in mid-stream has its job cancelled', async () => {
    await using t = await world(slow);
    const stream = t.client.messages.stream(long);
    const left = failureOf(stream.finalMessage());
    await new Promise((resolve) => stream.once('text', resolve));
    stream.abort();
    await left;
    await eventually(t.jobs, cancelled);
  });

  test.each([true, false])('while it waits has its job cancelled (stream: %s)', async (stream) => {
    await using t = await world({ ...slow, backend: { parallel: 1 } });
    const leave = new AbortController();
    const ask = () =>
      failureOf(t.client.messages.create({ ...long, stream: false }, { signal: leave.signal }));
    const first = ask();
    await eventually(t.jobs, ([job]) => job?.status === 'RUNNING');
    const own = new AbortController();
    const second = failureOf(t.client.messages.create({ ...long, stream }, { signal: own.signal }));
    await eventually(t.jobs, ([job]) => job?.status === 'PENDING');
    own.abort();
    await second;
    await eventually(t.jobs, ([job]) => job?.status === 'CANCELLED');
    leave.abort();
    await first;
    await eventually(t.jobs, cancelled);
  });
});
