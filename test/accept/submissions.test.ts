/** Decoded submissions meet the same door as the API's input, and say all that Ollama takes. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AcceptService } from '../../src/accept/accept-service.ts';
import { submitJobSchema } from '../../src/accept/input-schema.ts';
import type { JobSubmission } from '../../src/accept/submission.ts';
import { ContextLengthExceededError } from '../../src/domain/context-errors.ts';
import { stringifyDeep, withDeepJson } from '../../src/domain/deep-json.ts';
import { parseQueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { GenerateRequest, ImageSource, JobRequest } from '../../src/domain/request.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';
import { modelInfo } from '../support/system-fixture.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const MODEL = 'qwen3:8b';
const request: JobRequest<ImageSource> = { kind: 'GENERATE', prompt: 'Why?' };

let api: GraphQLApi;
let accept: AcceptService;

beforeEach(async () => {
  api = await GraphQLApi.open({ queueLimit: 1_000 });
  accept = api.context.accept;
});
afterEach(() => api.stop());

const admit = (more: Partial<JobSubmission> = {}) => accept.admit(ANYONE, { model: MODEL, request, ...more });

const text = fc
  .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
  .filter((value) => value.trim() !== '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const options = maybe(
  fc.record(
    {
      contextLength: fc.integer({ min: 1, max: 100_000 }),
      maxTokens: fc.integer({ min: 1 }),
      seed: fc.integer(),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      extra: fc.constant({ top_k: 3, stop: ['a'] }),
    },
    { requiredKeys: [] },
  ),
);
const ofText = {
  options,
  shift: maybe(fc.boolean()),
  truncate: maybe(fc.boolean()),
  format: maybe(fc.constantFrom('json', { type: 'object' })),
  think: maybe(fc.constantFrom('OFF')),
  logprobs: maybe(fc.boolean()),
  topLogprobs: maybe(fc.integer({ min: 0, max: 20 })),
};
const anyRequest = fc.oneof(
  fc.record({
    generate: fc.record({
      ...ofText,
      prompt: text,
      template: maybe(text),
      context: maybe(fc.array(fc.integer({ min: 0, max: 100_000 }))),
    }),
  }),
  fc.record({
    chat: fc.record({
      ...ofText,
      messages: fc.array(
        fc.record({
          role: fc.constantFrom('SYSTEM', 'USER', 'ASSISTANT', 'TOOL'),
          content: text,
          thinking: maybe(text),
          toolCallId: maybe(text),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  }),
  fc.record({
    embed: fc.record({
      options,
      input: fc.array(text, { minLength: 1, maxLength: 3 }),
      truncate: maybe(fc.boolean()),
    }),
  }),
);

describe('what is read first and admitted then', () => {
  test('is the same job as what is submitted in one go', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, fc.uuid(), async (asked, idempotencyKey) => {
        const input = { model: MODEL, request: asked, labels: [{ key: 'a', value: 'b' }], idempotencyKey };
        const { job, wishes } = await accept.submit(ANYONE, input);
        const again = await accept.admit(ANYONE, submitJobSchema.parse(input));
        expect(again).toEqual({ job, wishes, deduplicated: true, takenUp: false });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a decoded submission', () => {
  test('has the id that was made for it, and is under it from the first moment', async () => {
    const id = accept.newJobId();
    const { job } = await admit({ id });
    expect(job.id).toBe(id);
    expect((await api.store.job(id))?.status).toBe('PENDING');
    expect(accept.newJobId()).not.toBe(id);
  });

  test('that was made before is told under the id of that time', async () => {
    const first = await admit({ idempotencyKey: 'k' });
    const second = await admit({ id: accept.newJobId(), idempotencyKey: 'k' });
    expect(second).toMatchObject({ deduplicated: true, job: { id: first.job.id } });
  });

  test('is the same one when its prompt is given another context the second time', async () => {
    const first = await admit({ idempotencyKey: 'k' });
    api.queueFor = (asked) => queueKey({ ...parseQueueKey(asked), contextLength: 8_192, chosen: true });
    const { job } = await admit();
    expect(parseQueueKey(job.queue)).toMatchObject({ contextLength: 8_192, chosen: true });
    expect(await admit({ idempotencyKey: 'k' })).toMatchObject({ deduplicated: true, job: first.job });
    const jobs = [{ model: MODEL, request }];
    const batch = await accept.admitBatch(ANYONE, { jobs, idempotencyKey: 'b' });
    api.queueFor = (asked) => asked;
    expect(await accept.admitBatch(ANYONE, { jobs, idempotencyKey: 'b' })).toEqual({
      ...batch,
      deduplicated: true,
    });
  });

  test('whose prompt no context holds is refused, alone and in a batch', async () => {
    const limit = { promptTokens: 9_000, contextLength: 8_192, heldBy: 'model' } as const;
    api.queueFor = () => {
      throw new ContextLengthExceededError(MODEL, limit);
    };
    const refusal = expect.objectContaining({
      code: 'CONTEXT_LENGTH_EXCEEDED',
      promptTokens: 9_000,
      contextLength: 8_192,
    });
    await expect(admit()).rejects.toEqual(refusal);
    const jobs = [{ model: MODEL, request }];
    await expect(accept.admitBatch(ANYONE, { jobs })).rejects.toEqual(refusal);
    const problems = accept.check(ANYONE, {
      jobs: [{ model: MODEL, request: { generate: { prompt: 'x' } } }],
    });
    expect(problems).toMatchObject([{ path: ['jobs', '0', 'model'] }]);
    expect(api.store.counts().PENDING).toBe(0);
  });

  test('keeps all that Ollama takes, blank texts and unknown roles too', async () => {
    const requests: readonly JobRequest[] = [
      { kind: 'GENERATE', prompt: '', template: '', context: [], debugRenderOnly: true, topLogprobs: 0 },
      {
        kind: 'CHAT',
        messages: [
          { role: 'developer', content: '' },
          { role: '', content: ' ', thinking: '', toolCallId: 'c', toolName: 'f', toolCalls: [] },
        ],
      },
      { kind: 'CHAT', messages: [] },
      { kind: 'EMBED', input: ['', ' '] },
      { kind: 'EMBED', input: [] },
    ];
    for (const one of requests) {
      const { job } = await admit({ request: one });
      expect(await api.store.request(job.id)).toEqual(one);
    }
  });

  test('takes images as bytes and as base64, which are the same blob', async () => {
    const bytes = new Uint8Array(Buffer.from(PIXEL, 'base64'));
    api.system.infos = [modelInfo('sees:1', { capabilities: ['completion', 'vision'] })];
    const asked = { kind: 'GENERATE', prompt: 'What?', images: [bytes, PIXEL] } as const;
    const { job } = await admit({ model: 'sees:1', request: asked });
    const stored = await api.store.request(job.id);
    const images = stored?.kind === 'GENERATE' ? (stored.images ?? []) : [];
    expect(images).toHaveLength(2);
    expect(new Set(images).size).toBe(1);
    expect(images[0] && (await api.store.blob(images[0]))).toEqual(bytes);
  });

  test('has its wishes honoured or named, and a queue of its own for those that are', async () => {
    const plain = await admit();
    const wishes = { contextLength: 5_000, shift: false, others: { keep_alive: -1, num_gpu: 3 } };
    const asked = await admit({ wishes });
    expect(plain.wishes).toEqual({ contextLength: null, shift: null, dropped: [] });
    expect(asked.wishes).toEqual({ contextLength: 8_192, shift: false, dropped: ['keep_alive', 'num_gpu'] });
    expect(asked.job.queue).not.toBe(plain.job.queue);
    expect(
      (await accept.submit(ANYONE, { model: MODEL, request: { generate: { prompt: 'x', shift: false } } }))
        .job.queue,
    ).not.toBe(plain.job.queue);
  });

  let deep: unknown = 'x';
  for (let i = 0; i < 5_000; i += 1) deep = [deep];

  test.each([
    ['no model', { model: ' ' }, ['model']],
    ['a name that is none', { model: 'a b' }, ['model']],
    ['a deadline that has passed', { deadline: new Date(0) }, ['deadline']],
    ['an id that is none', { id: 'bat_1' as never }, ['id']],
    ['too many tries', { maxAttempts: 21 }, ['maxAttempts']],
    ['an empty key', { idempotencyKey: '' }, ['idempotencyKey']],
    ['a label twice', { labels: ['b', 'c'].map((value) => ({ key: 'a', value })) }, ['labels']],
    ['metadata nested too deep', { metadata: { deep: deep as never } }, ['metadata']],
    [
      'a number that is none',
      { request: { ...request, options: { seed: Number.NaN } } },
      ['request', 'generate'],
    ],
  ])('is refused with words for %s', async (_, more, path) => {
    const refused = admit(more);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const { issues } = (await refused.catch(
      (error: { issues: readonly { path: readonly string[] }[] }) => error,
    )) as { issues: readonly { path: readonly string[] }[] };
    expect(issues.map((issue) => issue.path.slice(0, path.length))).toContainEqual(path);
  });

  test('may ask its model for what is nested deep, and what looks like its text stays what it is', () => {
    const format = { deep: deep as never, $deepJson: '[1]' };
    const { job } = accept.prepare(ANYONE, { model: MODEL, request: { ...request, format } });
    expect(structuredClone(job.request)).toEqual(job.request);
    const sent = withDeepJson((job.request as GenerateRequest).format);
    expect(stringifyDeep(sent)).toBe(stringifyDeep(format));
  });

  test('is refused for what its client may not do, and what its model cannot', async () => {
    const modest = { client: 'other', scopes: MEMBER, maxPriority: 'LOW' } as const;
    await expect(accept.admit(modest, { model: MODEL, request, priority: 'HIGH' })).rejects.toMatchObject({
      issues: [{ path: ['priority'] }],
    });
    expect((await accept.admit(modest, { model: MODEL, request })).job).toMatchObject({
      client: 'other',
      priority: 'LOW',
    });
    await expect(admit({ model: 'missing:1' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });
});

describe('a batch of decoded submissions', () => {
  test('is all or nothing, with one key', async () => {
    const jobs = Array.from({ length: 3 }, () => ({ model: MODEL, request, id: accept.newJobId() }));
    const first = await accept.admitBatch(ANYONE, { name: 'n', idempotencyKey: 'k', jobs });
    expect(first.deduplicated).toBe(false);
    expect(await api.store.jobs(jobs.map(({ id }) => id))).toMatchObject(
      jobs.map(() => ({ batchId: first.batchId })),
    );
    const again = await accept.admitBatch(ANYONE, { name: 'n', idempotencyKey: 'k', jobs });
    expect(again).toEqual({ batchId: first.batchId, deduplicated: true });
    const bad = { jobs: [...jobs, { model: ' ', request }, { model: MODEL, request, idempotencyKey: 'x' }] };
    await expect(accept.admitBatch(ANYONE, bad)).rejects.toMatchObject({
      issues: [{ path: ['jobs', '3', 'model'] }, { path: ['jobs', '4', 'idempotencyKey'] }],
    });
    await expect(accept.admitBatch(ANYONE, { jobs: [] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
