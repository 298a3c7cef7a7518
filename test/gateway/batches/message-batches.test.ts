/** Anthropic's message batches, by its own SDK. */
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { collected, type GatewayWorld, gatewayWorld } from '../support/world.ts';

let world: GatewayWorld;
let client: Anthropic;

beforeAll(async () => {
  world = await gatewayWorld();
  client = clientOf('alice');
});
afterAll(() => world[Symbol.asyncDispose]());

function clientOf(name: string): Anthropic {
  return new Anthropic({
    baseURL: world.url,
    apiKey: 'none',
    maxRetries: 0,
    defaultHeaders: { 'X-Client': name },
  });
}

function request(customId: string, more: object = {}) {
  const params = {
    model: 'llama3.2:1b',
    max_tokens: 4,
    messages: [{ role: 'user' as const, content: `Say ${customId}.` }],
    ...more,
  };
  return { custom_id: customId, params };
}

function ended(id: string) {
  return eventually(
    () => client.messages.batches.retrieve(id),
    ({ processing_status: status }) => status === 'ended',
  );
}

const NONE = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };

it('Messages are answered by their ids, and what is wrong with one is told in its result', async () => {
  const made = await client.messages.batches.create({
    requests: [request('a'), request('missing', { model: 'no-such-model' }), request('b')],
  });
  expect(made).toMatchObject({
    id: expect.stringMatching(/^msgbatch_\w+$/),
    type: 'message_batch',
    ended_at: null,
    cancel_initiated_at: null,
    archived_at: null,
    results_url: null,
  });
  expect(Date.parse(made.expires_at) - Date.parse(made.created_at)).toBe(86_400_000);
  const done = await ended(made.id);
  expect(done).toMatchObject({
    request_counts: { ...NONE, succeeded: 2, errored: 1 },
    ended_at: expect.any(String),
    results_url: `${world.url}/v1/messages/batches/${made.id}/results`,
  });
  const results = await collected(await client.messages.batches.results(made.id));
  const byId = new Map(results.map(({ custom_id: id, result }) => [id, result]));
  expect([...byId.keys()].sort()).toEqual(['a', 'b', 'missing']);
  expect(byId.get('a')).toMatchObject({
    type: 'succeeded',
    message: {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: expect.stringMatching(/./) }],
      stop_reason: 'max_tokens',
      usage: { output_tokens: 4 },
    },
  });
  expect(byId.get('missing')).toMatchObject({
    type: 'errored',
    error: {
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('no-such-model') },
    },
  });
});

it('A cancelled batch ends with the results of what was done', async () => {
  const requests = Array.from({ length: 40 }, (_, i) => request(`n${i}`, { max_tokens: 64 }));
  const made = await client.messages.batches.create({ requests });
  expect(made.request_counts).toEqual({ ...NONE, processing: 40 });
  await expect(client.messages.batches.results(made.id)).rejects.toThrow();
  await expect(client.messages.batches.delete(made.id)).rejects.toMatchObject({ status: 400 });
  const cancelling = await client.messages.batches.cancel(made.id);
  expect(['canceling', 'ended']).toContain(cancelling.processing_status);
  const done = await ended(made.id);
  const { canceled, succeeded, ...rest } = done.request_counts;
  expect(canceled + succeeded).toBe(40);
  expect(canceled).toBeGreaterThan(0);
  expect(Object.values(rest).every((count) => count === 0)).toBe(true);
  const results = await collected(await client.messages.batches.results(made.id));
  expect(results.filter(({ result }) => result.type === 'canceled')).toHaveLength(canceled);
  expect(await client.messages.batches.delete(made.id)).toEqual({
    id: made.id,
    type: 'message_batch_deleted',
  });
  await expect(client.messages.batches.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
});

it('A prompt that the model cannot hold fails its own request', async () => {
  const long = {
    model: 'smollm:360m',
    messages: [{ role: 'user' as const, content: 'word'.repeat(60_000) }],
  };
  const made = await client.messages.batches.create({ requests: [request('a'), request('long', long)] });
  expect((await ended(made.id)).request_counts).toEqual({ ...NONE, succeeded: 1, errored: 1 });
  const results = await collected(await client.messages.batches.results(made.id));
  expect(results.find(({ custom_id: id }) => id === 'long')?.result).toMatchObject({
    type: 'errored',
    error: { error: { type: 'invalid_request_error' } },
  });
});

it('A key makes one batch, whose requests are told from others', async () => {
  const create = (key: string, ...names: readonly string[]) =>
    client.messages.batches.create(
      { requests: names.map((name) => request(name)) },
      { headers: { 'X-Idempotency-Key': key } },
    );
  const first = await create('one', 'a', 'b');
  expect((await create('one', 'a', 'b')).id).toBe(first.id);
  await ended(first.id);
  expect((await create('one', 'a', 'b')).id).toBe(first.id);
  await expect(create('one', 'a', 'c')).rejects.toMatchObject({ status: 409 });
  expect((await create('two', 'a', 'b')).id).not.toBe(first.id);
});

it('Lists go either way by cursors', async () => {
  const bob = clientOf('bob');
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1)
    ids.unshift((await bob.messages.batches.create({ requests: [request('a')] })).id);
  const listed: string[] = [];
  for await (const batch of bob.messages.batches.list({ limit: 2 })) listed.push(batch.id);
  expect(listed.slice(0, 3)).toEqual(ids);
  const [newest = '', , oldest = ''] = ids;
  const page = await bob.messages.batches.list({ before_id: oldest, limit: 1 });
  expect([page.data[0]?.id, page.has_more, page.first_id, page.last_id]).toEqual([
    ids[1],
    true,
    ids[1],
    ids[1],
  ]);
  expect((await bob.messages.batches.list({ before_id: newest })).data).toEqual([]);
});

it('A batch that is no batch is refused as a whole, with the place that is wrong', async () => {
  const create = (requests: unknown) =>
    client.messages.batches.create({ requests } as Parameters<typeof client.messages.batches.create>[0]);
  for (const [requests, place] of [
    [undefined, 'requests'],
    [[], 'requests'],
    [{}, 'requests'],
    [[5], 'requests.0'],
    [[{ ...request('a'), custom_id: '' }], 'requests.0.custom_id'],
    [[{ ...request('a'), custom_id: 'ä' }], 'requests.0.custom_id'],
    [[{ ...request('a'), custom_id: 'x'.repeat(65) }], 'requests.0.custom_id'],
    [[request('a'), request('a')], 'requests.1.custom_id'],
    [[{ custom_id: 'a' }], 'requests.0.params'],
  ] as const)
    await expect(create(requests)).rejects.toMatchObject({
      status: 400,
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining(place) },
      },
    });
  await expect(client.messages.batches.retrieve('msgbatch_none')).rejects.toMatchObject({
    status: 404,
    error: { error: { type: 'not_found_error' } },
  });
});
