import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerStoppingError, UnknownJobError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobFailure, JobResult } from '../../src/domain/job.ts';
import type { Finish, Store } from '../../src/domain/store.ts';
import { vectorsIn } from '../../src/domain/vectors.ts';
import type { EndStore } from '../../src/events/job-end.ts';
import { JobEnds } from '../../src/events/job-ends.ts';
import { acceptOne, claimOne, jobId, RESULT } from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from '../store/support/stores.ts';

const NEVER = new AbortController().signal;
const FAILURE: JobFailure = { code: 'BACKEND_ERROR', message: 'No.', retryable: true };
const OUTPUT = [
  { attempt: 1, channel: 'THINKING', text: 'hm' },
  { attempt: 1, channel: 'TEXT', text: 'Hello.' },
] as const;
const TEXTS = { THINKING: 'hm', TEXT: 'Hello.' };
const EMBEDDED: JobResult = {
  kind: 'embed',
  vectors: {
    count: 2,
    dimensions: 2,
    bytes: 13,
    pieces: [{ count: 2, bytes: new TextEncoder().encode('[0.50,1],[2,3e-2]') }],
  },
  usage: { promptTokens: 3, completionTokens: 0, evalDurationMs: 0, loadDurationMs: 0 },
  raw: { model: 'm', prompt_eval_count: 3 },
};

let store: Store;
let ends: JobEnds;
/** Reads of the store by who waits. */
let reads: string[];
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = await openStore(directory.path);
  reads = [];
  const noted: EndStore = {
    job: (id) => noting('job', store.job(id)),
    endings: (ids) => noting('endings', store.endings(ids)),
    texts: (ids) => noting('texts', store.texts(ids)),
    raws: (ids) => noting('raws', store.raws(ids)),
    vectors: (id, from, count) => noting('vectors', store.vectors(id, from, count)),
  };
  ends = new JobEnds(noted);
  store.onCommit((changes) => ends.jobsChanged(changes));
});

afterEach(async () => {
  await store.stop();
  await directory.remove();
});

function noting<T>(name: string, read: Promise<T>): Promise<T> {
  reads.push(name);
  return read;
}

async function running() {
  await acceptOne(store);
  return (await claimOne(store)).job;
}

/** As the executor does it. */
function finish(how: Finish): Promise<boolean> {
  ends.finishing(how);
  return store.finish(how);
}

const completed = ({ id, fence }: { id: JobId; fence: number }, result: JobResult = RESULT) =>
  finish({ id, fence, kind: 'complete', result, output: OUTPUT });

describe('who waits for a job from before it is submitted', () => {
  it('is given its end from memory, once it is committed and before anybody else is answered', async () => {
    const id = jobId();
    const order: string[] = [];
    const end = ends.next(id, NEVER).finally(() => order.push('end'));
    await acceptOne(store, { id });
    const { job } = await claimOne(store);
    await completed(job).then(() => order.push('answer'));
    expect(await end).toEqual({ job: await store.job(id), result: RESULT, texts: TEXTS, answer: null });
    expect((await end).result).toBe(RESULT);
    expect([order, reads, ends.size]).toEqual([['end', 'answer'], [], 0]);
  });

  it.each(['FAILED', 'CANCELLED', 'refused while it waits'])('is told when it is %s', async (how) => {
    const id = jobId();
    const end = ends.next(id, NEVER);
    await acceptOne(store, { id });
    if (how === 'FAILED') {
      const { fence } = (await claimOne(store)).job;
      await finish({ id, fence, kind: 'fail', failure: FAILURE, attempt: null, output: OUTPUT });
      expect(await end).toMatchObject({ job: { status: how, failure: FAILURE }, result: null, texts: TEXTS });
    } else if (how === 'CANCELLED') {
      await store.cancel(id, null);
      expect(await end).toMatchObject({ job: { status: how }, result: null, texts: { TEXT: '' } });
    } else {
      const { queue, priority, client } = (await store.job(id)) ?? (await acceptOne(store));
      await store.refuse([{ queue, priority, client, count: 1 }], FAILURE);
      expect(await end).toMatchObject({ job: { status: 'FAILED', failure: FAILURE }, result: null });
    }
    expect(reads).toEqual([]);
  });

  it('is told what the backend itself said of a failure', async () => {
    const id = jobId();
    const end = ends.next(id, NEVER);
    await acceptOne(store, { id });
    const { fence } = (await claimOne(store)).job;
    const failed = { id, fence, kind: 'fail', failure: FAILURE, attempt: null, output: OUTPUT } as const;
    const answer = { status: 418, body: '{"error":"I am a teapot"}' };
    ends.finishing(failed, answer);
    await store.finish(failed);
    expect((await end).answer).toEqual(answer);
  });

  it('is told nothing by a run that goes back to the queue, nor by a result that came too late', async () => {
    const id = jobId();
    const end = ends.next(id, NEVER);
    await acceptOne(store, { id });
    const { job: first } = await claimOne(store);
    await store.returnToQueue([{ id, fence: first.fence, attempt: null, counts: false, delayMs: 0 }]);
    const { job: second } = await claimOne(store);
    expect(await completed(first)).toBe(false);
    expect(ends.size).toBe(1);
    await store.cancel(id, null);
    expect(await completed(second)).toBe(false);
    expect(await end).toMatchObject({ job: { status: 'CANCELLED' }, result: null });
  });
});

describe('a late result of an earlier run', () => {
  it('is not taken for that of the run which is being committed', async () => {
    const first = await running();
    const end = ends.next(first.id, NEVER);
    await store.returnToQueue([{ ...first, attempt: null, counts: false, delayMs: 0 }]);
    const { job: second } = await claimOne(store);
    const late = { ...RESULT, raw: { done: true, of: 'the first run' } };
    const finished = completed(second);
    expect(await completed(first, late)).toBe(false);
    await finished;
    expect((await end).result).toEqual(RESULT);
  });
});

describe('who asks for the end of a job', () => {
  it.each([
    ['text', RESULT],
    ['vectors', EMBEDDED],
  ])('that has ended already is given it from the store: %s', async (_what, result) => {
    const job = await running();
    await completed(job, result);
    const end = await ends.endOf(job.id, NEVER);
    expect(end.job.status).toBe('COMPLETE');
    expect(end.texts).toEqual(TEXTS);
    if (end.result?.kind === 'embed' && result.kind === 'embed') {
      const text = (of: typeof result) =>
        of.vectors.pieces.flatMap((piece) => [...vectorsIn(piece)].map((one) => Buffer.from(one).toString()));
      expect(text(end.result)).toEqual(text(result));
      expect({ ...end.result, vectors: null }).toEqual({ ...result, vectors: null });
      expect(end.result.vectors).toMatchObject({ count: 2, dimensions: 2 });
    } else expect(end.result).toEqual(result);
    expect(ends.size).toBe(0);
  });

  it('that runs is given it from memory, each one of them', async () => {
    const job = await running();
    const all = [1, 2, 3].map(() => ends.endOf(job.id, NEVER));
    await completed(job);
    for (const end of all) expect((await end).result).toBe(RESULT);
    expect(reads).toEqual(['job', 'job', 'job']);
  });

  it.each([
    'before its result is handed over',
    'between that and its commit',
    'in the tick of its commit',
    'after it',
  ])('never misses it: asked %s', async (when) => {
    const job = await running();
    const how = { ...job, kind: 'complete', result: RESULT, output: OUTPUT } as const;
    const asked: ReturnType<JobEnds['endOf']>[] = [];
    const ask = (at: string) => {
      if (when === at) asked.push(ends.endOf(job.id, NEVER));
    };
    store.onCommit(() => ask('in the tick of its commit'));
    ask('before its result is handed over');
    ends.finishing(how);
    const finished = store.finish({
      id: job.id,
      fence: job.fence,
      kind: 'complete',
      result: RESULT,
      output: OUTPUT,
    });
    ask('between that and its commit');
    await finished;
    ask('after it');
    expect(await asked[0]).toMatchObject({ job: { status: 'COMPLETE' }, result: RESULT, texts: TEXTS });
    expect(ends.size).toBe(0);
  });

  it('that nobody knows is told so', async () => {
    await expect(ends.endOf(jobId(), NEVER)).rejects.toBeInstanceOf(UnknownJobError);
    expect(ends.size).toBe(0);
  });
});

describe('waiting', () => {
  it("ends with the signal's reason, and leaves nothing behind", async () => {
    const job = await running();
    const controller = new AbortController();
    const reason = new Error('gone');
    const left = [ends.next(job.id, controller.signal), ends.endOf(job.id, controller.signal)];
    const stays = ends.next(job.id, NEVER);
    controller.abort(reason);
    for (const end of left) await expect(end).rejects.toBe(reason);
    await expect(ends.endOf(job.id, controller.signal)).rejects.toBe(reason);
    expect(ends.size).toBe(1);
    await completed(job);
    expect((await stays).result).toBe(RESULT);
    expect(ends.size).toBe(0);
  });

  it('ends when the server stops, and does not begin any more', async () => {
    const job = await running();
    const waits = [ends.next(job.id, NEVER), ends.next(jobId(), NEVER)];
    ends.stop();
    for (const end of waits) await expect(end).rejects.toBeInstanceOf(ServerStoppingError);
    await expect(ends.next(job.id, NEVER)).rejects.toBeInstanceOf(ServerStoppingError);
    expect(ends.size).toBe(0);
  });
});
