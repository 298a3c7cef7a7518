/** `/images`: handed in as they are, sent to those who may see them, small in batches. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { thinModel } from '../virtual-ollama/bench.ts';

const KEYS = { alice: 'the-key-of-alice-1', bob: 'the-key-of-bob-123', boss: 'the-key-of-the-boss' } as const;
type Who = keyof typeof KEYS;

const SEERS = ['a', 'b', 'c', 'd', 'e'].map((letter) => `seer-${letter}`);

let server: TestApp;
beforeAll(async () => {
  const keys = Object.entries(KEYS).map(([name, key]) => ({
    name,
    key,
    admin: name === 'boss',
    maxPriority: 'HIGH' as const,
  }));
  const catalog = SEERS.map((name) => thinModel(name, 50, { capabilities: ['completion', 'vision'] }));
  server = await TestApp.start({
    ollama: { catalog },
    config: { keys, imageQuota: { ofClient: 30 * MiB, ofAll: 60 * MiB } },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A JPEG by its beginning, of noise that no other one has. */
function picture(bytes: number, seed = 'a'): Buffer<ArrayBuffer> {
  const whole = Buffer.alloc(bytes, createHash('sha512').update(seed).digest());
  whole.set([0xff, 0xd8, 0xff, 0xe0]);
  return whole;
}

const ask = (who: Who | null, path: string, init: RequestInit = {}) =>
  fetch(`${server.app.url}${path}`, {
    ...init,
    headers: { ...init.headers, ...(who && { 'x-api-key': KEYS[who] }) },
  });

async function handIn(who: Who, body: Buffer<ArrayBuffer>) {
  const response = await ask(who, '/images', { method: 'POST', body });
  return { status: response.status, image: await response.json() };
}

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
async function query(who: Who, text: string, variables: object): Promise<any> {
  const response = await ask(who, '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables }),
  });
  return (await response.json()).data;
}

describe('an image', () => {
  test('is sent as it came, for ever, as what it is, and by HEAD without its bytes', async () => {
    const bytes = picture(MiB);
    const { status, image } = await handIn('alice', bytes);
    expect(status).toBe(201);
    expect(image).toEqual({ id: image.id, bytes: MiB, mediaType: 'image/jpeg', path: `/images/${image.id}` });
    const sent = await ask('alice', image.path);
    expect(Buffer.from(await sent.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(sent.headers)).toMatchObject({
      'cache-control': 'private, max-age=31536000, immutable',
      'content-type': 'image/jpeg',
      'content-length': String(MiB),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    const head = await ask('alice', image.path, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(MiB));
    expect(await head.text()).toBe('');
  });

  test.each(['GET', 'HEAD'])('is not sent again to who has it: %s', async (method) => {
    const { image } = await handIn('alice', picture(MiB));
    const tagged = (tag: string) =>
      ask('alice', image.path, { method, headers: { 'if-none-match': tag }, cache: 'no-store' });
    for (const tag of [`"${image.id}"`, `"other", W/"${image.id}"`, '*']) {
      const answer = await tagged(tag);
      expect([answer.status, await answer.text()]).toEqual([304, '']);
      expect(answer.headers.get('etag')).toBe(`"${image.id}"`);
    }
    expect((await tagged('"other"')).status).toBe(200);
    expect((await ask('bob', image.path, { headers: { 'if-none-match': '*' } })).status).toBe(404);
  });

  test('may be as large as images may be, beyond what base64 in a request has room for', async () => {
    const { status, image } = await handIn('alice', picture(20 * MiB, 'large'));
    expect([status, image.bytes]).toEqual([201, 20 * MiB]);
  });

  test('is not there for others, nor without a key, and administrators see it', async () => {
    const { image } = await handIn('alice', picture(1_000, 'secret'));
    expect((await ask('bob', image.path)).status).toBe(404);
    expect((await ask(null, image.path)).status).toBe(401);
    expect((await ask('boss', image.path)).status).toBe(200);
    await handIn('bob', picture(1_000, 'secret'));
    expect((await ask('bob', image.path)).status).toBe(200);
  });

  test.each([
    ['no image', Buffer.from('words'), 400, 'BAD_REQUEST', /no image/],
    ['nothing', Buffer.alloc(0), 400, 'BAD_REQUEST', /empty/],
    ['too much', picture(20 * MiB + 1), 413, 'BODY_TOO_LARGE', /limit/],
  ])('is refused with words: %s', async (_what, body, status, code, message) => {
    const answer = await handIn('bob', body);
    expect(answer).toMatchObject({ status, image: { error: { code } } });
    expect(answer.image.error.message).toMatch(message);
  });

  test('is refused where its client keeps as many bytes as it may', async () => {
    await handIn('boss', picture(20 * MiB, 'one'));
    const answer = await handIn('boss', picture(11 * MiB, 'two'));
    expect(answer).toMatchObject({ status: 507, image: { error: { code: 'QUOTA_EXCEEDED' } } });
  });

  test.each(['/images/cat.png', `/images/img_${'A'.repeat(43)}`, '/images/', '/images/../etc/passwd'])(
    'that nobody handed in is not there: %s',
    async (path) => {
      expect((await ask('bob', path)).status).toBe(404);
    },
  );
});

test('ten images of half a MiB on five models are one small batch', async () => {
  const images = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => (await handIn('bob', picture(MiB / 2, `n${i}`))).image.id),
  );
  const jobs = SEERS.flatMap((model) =>
    images.map((id) => ({ model, request: { generate: { prompt: 'What is this?', imageIds: [id] } } })),
  );
  const input = { jobs };
  expect(JSON.stringify(input).length).toBeLessThan(10_000);
  const { submitBatch } = await query(
    'bob',
    `mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) {
      ... on SubmitBatchPayload { batch { counts { pending queued running complete } } }
      ... on UserError { message } } }`,
    { input },
  );
  const { pending, queued, running, complete } = submitBatch.batch.counts;
  expect(pending + queued + running + complete).toBe(50);
});
