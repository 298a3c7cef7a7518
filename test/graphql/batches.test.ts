/** Batches as a whole: listed, kept, cancelled, tried again, followed. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/clock.ts';
import { type BatchId, type JobId, newId } from '../../src/domain/ids.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { fileId, fileOf } from '../contract/store-files.ts';
import { newJob } from '../contract/store-fixtures.ts';
import { GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';

let api: GraphQLApi;
beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const NO = { code: 'LOAD_FAILED', message: 'No.', retryable: true } as const;

async function submit(count: number, more: object = {}): Promise<{ id: string; jobs: readonly JobId[] }> {
  const jobs = Array.from({ length: count }, (_, i) => ({
    model: 'qwen3:8b',
    request: { generate: { prompt: `Why ${i}?` } },
  }));
  const { submitBatch } = await api.query(
    `mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) {
      ... on SubmitBatchPayload { batch { id jobs(first: 100) { nodes { id } } } } ... on UserError { message } } }`,
    { input: { jobs, ...more } },
  );
  if (!submitBatch.batch) throw new Error(submitBatch.message);
  const { batch } = submitBatch;
  return { id: batch.id, jobs: batch.jobs.nodes.map((job: { id: JobId }) => job.id) };
}

const batchOf = async (id: string) =>
  (
    await api.query(
      `{ batch(id: "${id}") { name kept metadata counts { pending failed cancelled complete } } }`,
    )
  ).batch;

async function change(name: string, input: object) {
  const fields =
    name === 'updateBatch'
      ? 'batch { id }'
      : `batch { id } ${name === 'cancelBatch' ? 'cancelled' : 'retried'}`;
  const payload = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const data = await api.query(
    `mutation ($input: ${payload}Input!) { ${name}(input: $input) {
      ... on ${payload}Payload { ${fields} } ... on UserError { code message } } }`,
    { input },
  );
  return data[name];
}

describe('batches', () => {
  test('are listed newest first, by client and kind, in pages', async () => {
    const ids: string[] = [];
    for (const [name, metadata] of [
      ['a', { kind: 'comparison' }],
      ['b', null],
      ['c', { kind: 'comparison', rows: [1] }],
    ] as const) {
      ids.push((await submit(1, { name, metadata })).id);
      await api.clock.advance(1);
    }
    const list = (args: string) =>
      api.query(
        `{ batches(${args}) { totalCount nodes { id name metadata } pageInfo { hasNextPage endCursor } edges { cursor } } }`,
      );
    const { batches: first } = await list('first: 2');
    expect(first).toMatchObject({
      totalCount: 3,
      nodes: [{ name: 'c' }, { name: 'b' }],
      pageInfo: { hasNextPage: true },
    });
    const { batches: second } = await list(`first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(second).toMatchObject({ nodes: [{ name: 'a', id: ids[0] }], pageInfo: { hasNextPage: false } });
    const { batches: some } = await list('first: 5, kind: "comparison", client: "tester"');
    expect(some).toMatchObject({
      totalCount: 2,
      nodes: [{ name: 'c', metadata: { kind: 'comparison', rows: [1] } }, { name: 'a' }],
    });
    expect((await list('first: 5, client: "nobody"')).batches.totalCount).toBe(0);
    expect(await api.refusal('{ batches(first: 101) { totalCount } }')).toBe('BAD_USER_INPUT');
    expect(await api.refusal('{ batches(first: 1, after: "x") { totalCount } }')).toBe('BAD_USER_INPUT');
  });

  test('are kept from their submission on, and changed field by field', async () => {
    const { id } = await submit(1, { name: 'a', keep: true, metadata: { rows: [1] } });
    expect(await batchOf(id)).toMatchObject({ name: 'a', kept: true, metadata: { rows: [1] } });
    await change('updateBatch', { id, keep: false });
    expect(await batchOf(id)).toMatchObject({ name: 'a', kept: false, metadata: { rows: [1] } });
    await change('updateBatch', { id, name: null, metadata: { notes: 'x' } });
    expect(await batchOf(id)).toMatchObject({ name: null, kept: false, metadata: { notes: 'x' } });
    expect(await change('updateBatch', { id, metadata: [1] })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await change('updateBatch', { id, metadata: { x: 'y'.repeat(70_000) } })).toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(await change('updateBatch', { id, name: ' ' })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('are cancelled as far as they have not ended, and what failed is tried again', async () => {
    const { id, jobs } = await submit(4);
    const [first, second] = jobs as [JobId, JobId];
    await api.start(first);
    await api.complete(first, TEXT_RESULT);
    await api.start(second);
    await api.fail(second, NO);
    expect(await change('cancelBatch', { id })).toMatchObject({ batch: { id }, cancelled: 2 });
    expect((await batchOf(id)).counts).toEqual({ pending: 0, failed: 1, cancelled: 2, complete: 1 });
    expect(await change('retryBatch', { id })).toMatchObject({ retried: 1 });
    expect((await batchOf(id)).counts).toEqual({ pending: 1, failed: 0, cancelled: 2, complete: 1 });
    expect(await change('retryBatch', { id, cancelled: true })).toMatchObject({ retried: 2 });
    expect((await batchOf(id)).counts.pending).toBe(3);
  });

  test('are told when the queue takes none of what failed: that of all, and that of their client', async () => {
    const { id } = await submit(1);
    await change('cancelBatch', { id });
    for (const [client, code] of [
      [null, 'QUEUE_FULL'],
      ['tester', 'CLIENT_QUEUE_FULL'],
    ] as const) {
      api.store.changeMany = async () => ({
        changed: 0,
        unchanged: 0,
        missing: [],
        queueFull: { kind: 'queue-full', limit: 1, waiting: 1, client },
      });
      expect(await change('retryBatch', { id, cancelled: true })).toMatchObject({ code });
    }
  });

  test.each(['updateBatch', 'cancelBatch', 'retryBatch'])(
    "that are not there, or not the caller's: %s",
    async (name) => {
      const { id } = await submit(1);
      const { batches, principal } = api.context;
      const bob = { client: 'bob', scopes: MEMBER, maxPriority: 'HIGH' } as const;
      await expect(batches.update(bob, id, { kept: true })).rejects.toMatchObject({
        code: 'BATCH_NOT_FOUND',
      });
      await expect(batches.cancel(bob, id, api.context.scope)).rejects.toMatchObject({
        code: 'BATCH_NOT_FOUND',
      });
      expect(await change(name, { id: 'bat_none' })).toMatchObject({ code: 'BATCH_NOT_FOUND' });
      expect(await change(name, { id: 'cat' })).toMatchObject({ code: 'BATCH_NOT_FOUND' });
      expect((await batches.update(principal, id, { kept: true })).kept).toBe(true);
    },
  );

  test('of others are not listed', async () => {
    await submit(1);
    const principal = { client: 'bob', scopes: MEMBER, maxPriority: 'HIGH' } as const;
    const bob = await GraphQLApi.open({ principal, store: api.store });
    for (const args of ['first: 5', 'first: 5, client: "tester"'])
      expect((await bob.query(`{ batches(${args}) { totalCount nodes { id } } }`)).batches).toEqual({
        totalCount: 0,
        nodes: [],
      });
    const owner = await GraphQLApi.open({ principal: { ...principal, client: 'tester' }, store: api.store });
    const countOf = async (args: string) =>
      (await owner.query(`{ batches(${args}) { totalCount nodes { id } } }`)).batches;
    expect(await countOf('first: 5, client: "tester"')).toMatchObject({ totalCount: 1, nodes: [{}] });
    expect(await countOf('first: 5, client: "bob"')).toEqual({ totalCount: 0, nodes: [] });
  });
});

describe('a batch of requests', () => {
  const REQUESTS_ENDED = ['answered', 'complete'] as const;

  async function create(total: number | null): Promise<BatchId> {
    const outcome = await api.store.requestBatches.create({
      id: newId('bat', api.clock, systemRandom),
      api: 'OPENAI',
      client: 'tester',
      endpoint: '/v1/embeddings',
      priority: 'LOW',
      metadata: {},
      window: '24h',
      windowMs: 86_400_000,
      total,
      idempotency: null,
      lines: { of: await fileOf(api.store, ['1\n2\n']), copy: fileId() },
    });
    if (outcome.kind !== 'made') throw new Error('The batch was not made.');
    return outcome.batch.id;
  }

  async function take(id: BatchId, line: number): Promise<JobId> {
    const from = { bytes: 2 * (line - 1), lines: line - 1 };
    await api.store.requestBatches.take({
      id,
      from,
      to: { bytes: 2 * line, lines: line },
      isLast: line === 2,
      jobs: [newJob({ client: 'tester', modelName: 'qwen3:8b' })],
      blobs: new Map(),
      refused: [],
      queueLimit: 1_000,
    });
    const jobs = await api.store.requestBatches.members(id, 0, 10);
    return jobs.at(-1)?.id as JobId;
  }

  const follow = async (id: BatchId) => {
    const updated = await api.subscribe(
      `subscription { batchUpdated(id: "${id}", minInterval: 100) { finishedAt counts { complete } } }`,
    );
    const output = await api.subscribe(`subscription { batchOutput(id: "${id}") { jobId } }`);
    return { updated, output };
  };

  test('that grows in pieces is followed over all of them, to the end of the requests', async () => {
    const id = await create(2);
    const first = await take(id, 1);
    const { updated, output } = await follow(id);
    expect((await updated.next()).batchUpdated).toEqual({ finishedAt: null, counts: { complete: 0 } });
    const [told, told2] = [updated.next(), output.next()];
    await api.start(first);
    await api.complete(first, TEXT_RESULT);
    expect((await api.passing(told)).batchUpdated).toEqual({ finishedAt: null, counts: { complete: 1 } });
    expect((await api.passing(told2)).batchOutput.jobId).toBe(first);
    const second = await take(id, 2);
    await api.start(second);
    await api.complete(second, TEXT_RESULT);
    expect((await api.passing(output.next())).batchOutput.jobId).toBe(second);
    const rest = [updated.rest(), output.rest()];
    await api.clock.advance(1_000);
    for (const event of REQUESTS_ENDED) await api.store.requestBatches.step({ id, event });
    const [updates, outputs] = await api.passing(Promise.all(rest));
    expect(updates?.at(-1)?.batchUpdated).toEqual({
      finishedAt: new Date((await api.job(second)).finishedAt ?? 0).toISOString(),
      counts: { complete: 2 },
    });
    expect(outputs).toEqual([]);
  });

  test('that comes to no job is over when its requests are', async () => {
    const id = await create(null);
    const { updated, output } = await follow(id);
    expect((await updated.next()).batchUpdated.finishedAt).toBeNull();
    const rest = [updated.rest(), output.rest()];
    await api.clock.advance(5_000);
    await api.store.requestBatches.step({ id, event: 'invalid', problems: [] });
    const endedAt = new Date(api.clock.now()).toISOString();
    const [updates, outputs] = await api.passing(Promise.all(rest));
    expect(updates).toEqual([{ batchUpdated: { finishedAt: endedAt, counts: { complete: 0 } } }]);
    expect(outputs).toEqual([]);
  });

  test.each([1, 2])('takes no job again once it is being answered: after %i steps', async (steps) => {
    const id = await create(2);
    const [first, second] = [await take(id, 1), await take(id, 2)];
    const retryJob = async () =>
      (
        await api.query(
          `mutation { retryJob(input: { id: "${first}" }) { ... on RetryJobPayload { job { id } } ... on UserError { code message } } }`,
        )
      ).retryJob;
    const fail = async (job: JobId) => {
      await api.start(job);
      await api.fail(job, NO);
    };
    await fail(first);
    expect(await change('retryBatch', { id })).toMatchObject({ retried: 1 });
    await fail(first);
    expect(await retryJob()).toMatchObject({ job: { id: first } });
    await fail(first);
    await fail(second);
    for (const event of REQUESTS_ENDED.slice(0, steps)) await api.store.requestBatches.step({ id, event });
    expect(await change('retryBatch', { id })).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('takes no more answers'),
    });
    expect(await retryJob()).toMatchObject({
      code: 'JOB_NOT_RETRYABLE',
      message: expect.stringContaining('takes no more answers'),
    });
    expect(await api.store.changeMany([first, second], { kind: 'retry', queueLimit: 1_000 })).toMatchObject({
      changed: 0,
      unchanged: 2,
    });
    expect((await batchOf(id)).counts).toMatchObject({ pending: 0, failed: 2 });
  });
});

describe('batchUpdated', () => {
  test('tells the batch, then its newest state after each interval, and completes with its last job', async () => {
    const { id, jobs } = await submit(3);
    const events = await api.subscribe(
      `subscription { batchUpdated(id: "${id}", minInterval: 500) { finishedAt counts { pending running complete } } }`,
    );
    expect((await events.next()).batchUpdated.counts).toEqual({ pending: 3, running: 0, complete: 0 });
    for (const job of jobs.slice(0, 2)) {
      await api.start(job);
      await api.complete(job, TEXT_RESULT);
    }
    expect((await api.passing(events.next())).batchUpdated.counts).toEqual({
      pending: 1,
      running: 0,
      complete: 2,
    });
    await api.start(jobs[2] as JobId);
    await api.complete(jobs[2] as JobId, TEXT_RESULT);
    expect((await api.passing(events.next())).batchUpdated).toMatchObject({
      finishedAt: expect.any(String),
      counts: { complete: 3 },
    });
    expect(await events.rest()).toEqual([]);
  });

  test('is refused for what is not there', async () => {
    await expect(api.subscribe('subscription { batchUpdated(id: "bat_none") { id } }')).rejects.toThrow();
    await expect(api.subscribe('subscription { batchOutput(id: "bat_none") { jobId } }')).rejects.toThrow();
  });
});

describe('batchOutput', () => {
  const OUTPUT = (id: string) =>
    `subscription { batchOutput(id: "${id}", minInterval: 100) { jobId chunk { attempt channel offset text final } } }`;

  test('sends what has ended, what runs as it grows, and each job to its end', async () => {
    const { id, jobs } = await submit(3);
    const [ended, runs, waits] = jobs as [JobId, JobId, JobId];
    await api.start(ended);
    await api.complete(ended, TEXT_RESULT, [{ attempt: 1, channel: 'TEXT', text: 'Done.' }]);
    await api.start(runs);
    api.outputs.record(runs, { thinking: '', text: 'Begin', raw: {} });
    const events = await api.subscribe(OUTPUT(id));
    const next = async () => {
      const { jobId, chunk } = (await events.next()).batchOutput;
      return [jobId, chunk.offset, chunk.text, chunk.final];
    };
    expect(await next()).toEqual([ended, 0, 'Done.', true]);
    expect(await api.passing(next())).toEqual([runs, 0, 'Begin', false]);
    api.outputs.record(runs, { thinking: '', text: 'ning', raw: {} });
    const grown = next();
    expect(await api.passing(grown)).toEqual([runs, 5, 'ning', false]);
    const end = next();
    await api.complete(runs, TEXT_RESULT, [{ attempt: 1, channel: 'TEXT', text: 'Beginning. The end.' }]);
    expect(await api.passing(end)).toEqual([runs, 9, '. The end.', true]);
    const silent = next();
    await api.start(waits);
    await api.fail(waits, NO);
    expect(await api.passing(silent)).toEqual([waits, 0, '', true]);
    expect(await events.rest()).toEqual([]);
  });

  test('sends what a job produces that is queued again while its old output is sent', async () => {
    const { id, jobs } = await submit(2);
    const [job] = jobs as [JobId];
    const events = await api.subscribe(OUTPUT(id));
    await api.start(job);
    const old = await api.job(job);
    await api.store.finish({
      kind: 'fail',
      id: job,
      fence: old.fence,
      failure: NO,
      attempt: null,
      output: [
        { attempt: 1, channel: 'THINKING', text: 'Hm.' },
        { attempt: 1, channel: 'TEXT', text: 'Old.' },
      ],
    });
    api.outputs.close(job);
    const next = async () => {
      const { jobId, chunk } = (await api.passing(events.next())).batchOutput;
      expect(jobId).toBe(job);
      return [chunk.attempt, chunk.offset, chunk.text, chunk.final];
    };
    expect(await next()).toEqual([1, 0, 'Hm.', false]);
    expect(await change('retryBatch', { id })).toMatchObject({ retried: 1 });
    await api.start(job);
    api.outputs.record(job, { thinking: '', text: 'New', raw: {} });
    expect(await next()).toEqual([2, 0, 'New', false]);
    await api.complete(job, TEXT_RESULT, [{ attempt: 2, channel: 'TEXT', text: 'New answer.' }]);
    expect(await next()).toEqual([2, 3, ' answer.', true]);
    await events.stop();
  });

  test('goes on where it was when a job has changed that is not queued again', async () => {
    const { id, jobs } = await submit(1);
    const [job] = jobs as [JobId];
    const events = await api.subscribe(OUTPUT(id));
    await api.start(job);
    await api.complete(job, TEXT_RESULT, [
      { attempt: 1, channel: 'THINKING', text: 'Hm.' },
      { attempt: 1, channel: 'TEXT', text: 'Done.' },
    ]);
    expect((await events.next()).batchOutput.chunk).toMatchObject({ offset: 0, text: 'Hm.' });
    const { revision, ...ended } = await api.job(job);
    api.log.publish(
      {
        kind: 'job',
        job: { ...ended, revision: revision + 1 },
        previousStatus: ended.status,
      },
      api.clock.now(),
    );
    expect((await events.rest()).map(({ batchOutput }) => batchOutput.chunk)).toMatchObject([
      { offset: 3, text: 'Done.', final: true },
    ]);
  });

  test('sends every job of a long batch once, also where the reader falls behind', async () => {
    const { id } = await submit(250);
    const events = await api.subscribe(OUTPUT(id));
    const first = events.next();
    const claimed = await api.store.claim({
      picks: [
        {
          queue: (
            await api.store.list({ filter: {}, order: { field: 'CREATED_AT', direction: 'ASC' }, limit: 1 })
          ).jobs[0]?.queue as never,
          priority: 'NORMAL',
          client: 'tester',
          count: 250,
        },
      ],
      as: 'RUNNING',
      backend: 'box',
      instanceId: 'ins_one' as never,
    });
    for (const { job } of claimed)
      await api.store.finish({
        kind: 'complete',
        id: job.id,
        fence: job.fence,
        result: TEXT_RESULT,
        output: [{ attempt: job.fence, channel: 'TEXT', text: job.id }],
      });
    const chunks = [await api.passing(first), ...(await events.rest())].map(({ batchOutput }) => batchOutput);
    expect(new Set(chunks.map(({ jobId }) => jobId)).size).toBe(250);
    expect(chunks).toHaveLength(250);
    expect(chunks.every(({ jobId, chunk }) => chunk.text === jobId && chunk.final)).toBe(true);
  });
});
