/** Images by reference: handed in once, named by as many jobs as need them. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMBER } from '../../src/domain/scopes.ts';
import { GraphQLApi, IMAGE_QUOTA } from '../support/graphql-api.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const image = (size: number, filling = 'x') =>
  Buffer.concat([PNG, Buffer.from(filling.repeat(size - PNG.length))]).toString('base64');

let api: GraphQLApi;
beforeEach(async () => {
  api = await GraphQLApi.open();
  api.system.infos = api.system.infos.map((info) => ({ ...info, capabilities: ['completion', 'vision'] }));
});
afterEach(() => api.stop());

async function store(base64: string) {
  const { storeImage } = await api.query(
    `mutation ($base64: String!) { storeImage(input: { base64: $base64 }) {
      ... on StoreImagePayload { image { id bytes mediaType path base64 } }
      ... on InvalidInputError { code issues { path message } }
      ... on ImageQuotaError { code limitBytes message }
    } }`,
    { base64 },
  );
  return storeImage;
}

const SUBMIT = `mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) {
  ... on SubmitBatchPayload { batch { id counts { pending } } }
  ... on InvalidInputError { code issues { path message } }
} }`;

describe('storeImage', () => {
  test('answers what the image is, by its bytes', async () => {
    const base64 = image(100);
    const { image: stored } = await store(`data:image/gif;base64,${base64}`);
    expect(stored).toEqual({
      id: expect.stringMatching(/^img_/),
      bytes: 100,
      mediaType: 'image/png',
      path: `/images/${stored.id}`,
      base64,
    });
    const { node } = await api.query(`{ node(id: "${stored.id}") { id ... on Image { bytes } } }`);
    expect(node).toEqual({ id: stored.id, bytes: 100 });
    expect((await store(base64)).image.id).toBe(stored.id);
  });

  test.each([
    ['text', Buffer.from('no image at all, only words in a row').toString('base64'), /no image/],
    ['nothing', '', /empty/],
    ['an address', 'https://example.com/a.png', /address/],
    ['no base64', '%%%', /base64/],
  ])('refuses %s', async (_what, base64, message) => {
    const answer = await store(base64);
    expect(answer).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['base64'] }] });
    expect(answer.issues[0].message).toMatch(message);
  });

  test('refuses what is larger than an image may be', async () => {
    const answer = await store(image(20 * 1024 ** 2 + 1));
    expect(answer.issues[0].message).toMatch(/at most 20 MiB/);
  });

  test('refuses more than a client may keep, and says how much that is', async () => {
    await store(image(20_000));
    expect(await store(image(20_000, 'y'))).toMatchObject({
      code: 'IMAGE_QUOTA_EXCEEDED',
      limitBytes: IMAGE_QUOTA.ofClient,
    });
  });
});

describe('imageIds', () => {
  test('name images in prompts and messages, after those that come with them', async () => {
    const { image: first } = await store(image(50));
    const { image: second } = await store(image(60));
    const inline = image(70);
    const messages = [{ role: 'USER', content: 'Look.', images: [inline], imageIds: [first.id] }];
    const id = await api.submit({ request: { chat: { messages } } });
    const other = await api.submit({
      request: { generate: { prompt: 'x', imageIds: [second.id, first.id] } },
    });
    const chat = (await api.store.request(id)) as unknown as { messages: { images: string[] }[] };
    const generate = (await api.store.request(other)) as unknown as { images: string[] };
    const lengths = async (hashes: readonly string[] = []) =>
      Promise.all(hashes.map(async (hash) => (await api.store.blob(hash as never))?.length));
    expect(await lengths(chat.messages[0]?.images)).toEqual([70, 50]);
    expect(await lengths(generate.images)).toEqual([60, 50]);
  });

  test('make a batch of many jobs small', async () => {
    const ids = await Promise.all([1, 2, 3].map(async (n) => (await store(image(100 + n))).image.id));
    const jobs = ids.flatMap((id) =>
      Array.from({ length: 5 }, () => ({
        model: 'qwen3:8b',
        request: { generate: { prompt: 'What is this?', imageIds: [id] } },
      })),
    );
    const { submitBatch } = await api.query(SUBMIT, { input: { jobs } });
    expect(submitBatch.batch.counts.pending).toBe(15);
  });

  test('that are unknown, foreign, malformed or too many are told with where they are', async () => {
    const { image: known } = await store(image(50));
    const unknown = known.id.replace(/.{3}$/, (end: string) => (end === 'AAA' ? 'AAE' : 'AAA'));
    const job = (imageIds: readonly string[]) => ({
      model: 'qwen3:8b',
      request: { generate: { prompt: 'x', imageIds } },
    });
    const issuesOf = async (...jobs: readonly object[]) =>
      (await api.query(SUBMIT, { input: { jobs } })).submitBatch.issues;

    const missing = await issuesOf(job([known.id]), job([unknown]));
    expect(missing).toEqual([{ path: ['jobs', '1', 'request'], message: expect.stringContaining(unknown) }]);
    const [malformed] = await issuesOf(job(['cat.png']));
    expect(malformed).toEqual({
      path: ['jobs', '0', 'request', 'generate', 'imageIds', '0'],
      message: expect.stringMatching(/no id of an image/),
    });
    const [tooMany] = await issuesOf(job(Array.from({ length: 65 }, () => known.id)));
    expect(tooMany.message).toMatch(/at most 64/);
    const chat = {
      messages: [{ role: 'USER', content: 'x', images: [image(40)], imageIds: Array(64).fill(known.id) }],
    };
    const [together] = await issuesOf({ model: 'qwen3:8b', request: { chat } });
    expect(together.path).toEqual(['jobs', '0', 'request', 'chat', 'messages', '0', 'imageIds']);
    expect(api.store.counts().PENDING).toBe(0);
  });
});

test('images of others are not there', async () => {
  const bob = await GraphQLApi.open({
    principal: { client: 'bob', scopes: MEMBER, maxPriority: 'HIGH' },
    store: api.store,
  });
  bob.system.infos = api.system.infos;
  const { image: foreign } = await store(image(50));
  expect(await bob.query(`{ node(id: "${foreign.id}") { id } }`)).toEqual({ node: null });
  await expect(
    bob.submit({ request: { generate: { prompt: 'x', imageIds: [foreign.id] } } }),
  ).rejects.toThrow(/not there/);
});
