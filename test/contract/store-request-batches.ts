/** Batches of requests: made of a file, taken in pieces, counted without a look at their jobs, ended once, forgotten as a whole. */
import { expect, test } from 'vitest';
import { systemRandom, VirtualClock } from '../../src/clock.ts';
import { type BatchId, newId } from '../../src/domain/ids.ts';
import type { FilePosition, NewRequestBatch, Piece, RefusedLine } from '../../src/domain/request-batch.ts';
import type { NewJob, Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import { fileId, fileOf } from './store-files.ts';
import { attemptOf, claimOf, claimOne, complete, HOUR_MS, newJob, WEEK_MS } from './store-fixtures.ts';

const idClock = new VirtualClock();
const START: FilePosition = { bytes: 0, lines: 0 };

function asked(changes: Partial<NewRequestBatch> & Pick<NewRequestBatch, 'lines'>): NewRequestBatch {
  return {
    id: newId('bat', idClock, systemRandom),
    api: 'OPENAI',
    client: 'alice',
    endpoint: '/v1/embeddings',
    priority: 'LOW',
    metadata: { team: 'a' },
    window: '24h',
    windowMs: 24 * HOUR_MS,
    total: 3,
    idempotency: null,
    ...changes,
  };
}

/** A batch in progress, over a file of three lines. */
async function inProgress(store: Store, changes: Partial<NewRequestBatch> = {}): Promise<BatchId> {
  const lines = { of: await fileOf(store, ['1\n2\n3\n']), copy: fileId() };
  const outcome = await store.requestBatches.create(asked({ lines, ...changes }));
  if (!('batch' in outcome)) throw new Error('The batch was not made.');
  return outcome.batch.id;
}

function piece(
  id: BatchId,
  from: FilePosition,
  jobs: readonly NewJob[],
  changes: Partial<Piece> = {},
): Piece {
  const to = { bytes: from.bytes + 2 * jobs.length, lines: from.lines + jobs.length };
  return { id, from, to, isLast: false, jobs, blobs: new Map(), refused: [], queueLimit: 1_000, ...changes };
}

function refusal(line: number, kind: RefusedLine['kind']): RefusedLine {
  return { line, customId: `c${line}`, kind, status: 400, code: 'X', message: 'No.' };
}

export function storeRequestBatchesContract(current: CurrentStore): void {
  test('A batch is over when its requests are, and as listed as it is alone', async () => {
    const { store, clock } = current();
    const ended: BatchId[] = [];
    store.requestBatches.onEnded((id) => void ended.push(id));
    const finishedAt = async (id: BatchId) => {
      const alone = (await store.batch(id))?.finishedAt;
      const { batches } = await store.listBatches({ filter: { client: 'alice' }, limit: 10 });
      expect(batches.find((batch) => batch.id === id)?.finishedAt).toBe(alone);
      return alone;
    };
    const empty = await inProgress(store, { total: null });
    expect(await finishedAt(empty)).toBeNull();
    await store.requestBatches.step({ id: empty, event: 'invalid', problems: [] });
    expect(await finishedAt(empty)).toBe(clock.now());

    const id = await inProgress(store);
    await store.requestBatches.take(piece(id, START, [newJob({ client: 'alice' })]));
    const { job } = await claimOne(store);
    await complete(store, job);
    const jobEndedAt = clock.now();
    expect(await finishedAt(id)).toBeNull();
    await clock.advance(1_000);
    await store.requestBatches.step({ id, event: 'answered' });
    expect(await finishedAt(id)).toBeNull();
    expect(ended).toEqual([empty]);
    await store.requestBatches.step({ id, event: 'complete' });
    expect(await finishedAt(id)).toBe(jobEndedAt);
    expect(ended).toEqual([empty, id]);
  });

  test('A batch has a copy of its lines, which outlives the file and goes with the last piece', async () => {
    const { store, clock } = current();
    const file = await fileOf(store, ['1\n2\n3\n']);
    const copy = fileId();
    const outcome = await store.requestBatches.create(asked({ lines: { of: file, copy } }));
    const made = 'batch' in outcome ? outcome.batch : null;
    expect(made).toMatchObject({
      inputFile: file,
      content: copy,
      status: 'IN_PROGRESS',
      createdAt: clock.now(),
      expiresAt: clock.now() + 24 * HOUR_MS,
      total: 3,
    });
    const id = made?.id as BatchId;
    await store.files.delete(file);
    expect(Buffer.from((await store.files.chunk(copy, 0)) ?? '').toString()).toBe('1\n2\n3\n');
    await store.requestBatches.take(piece(id, START, [newJob(), newJob(), newJob()], { isLast: true }));
    expect(await store.files.chunk(copy, 0)).toBeNull();
    expect((await store.requestBatches.batch(id))?.batch.content).toBeNull();
  });

  test('No batch is made of a file that is not there, or not finished', async () => {
    const { store } = current();
    const begun = fileId();
    await store.files.begin({ id: begun, client: 'alice', purpose: 'BATCH', name: 'x' });
    for (const of of [fileId(), begun])
      expect(await store.requestBatches.create(asked({ lines: { of, copy: fileId() } }))).toEqual({
        kind: 'no-lines',
      });
    expect(await store.requestBatches.unended()).toEqual([]);
  });

  test('A key makes one batch in 24 hours, whose content is told from others', async () => {
    const { store, clock } = current();
    const of = await fileOf(store, ['1\n2\n3\n']);
    const make = (idempotency: NewRequestBatch['idempotency'], client = 'alice') =>
      store.requestBatches.create(asked({ client, idempotency, lines: { of, copy: fileId() } }));
    const key = { key: 'k', inputHash: 'h' };
    const first = await make(key);
    expect(first).toMatchObject({ kind: 'made' });
    expect(await make(key)).toEqual({ ...first, kind: 'duplicate' });
    expect(await make({ ...key, inputHash: 'other' })).toEqual({ kind: 'conflict' });
    expect(await make(key, 'bob')).toMatchObject({ kind: 'made' });
    expect((await store.requestBatches.unended()).length).toBe(2);
    clock.advance(24 * HOUR_MS);
    expect(await make(key)).toMatchObject({ kind: 'made' });
  });

  test('A piece is taken once, where the batch has got to, and only while it is in progress', async () => {
    const { store } = current();
    const id = await inProgress(store);
    const first = piece(id, START, [newJob(), newJob()]);
    expect(await store.requestBatches.take(first)).toEqual({ kind: 'taken' });
    expect(await store.requestBatches.take(first)).toEqual({ kind: 'stale' });
    expect(await store.requestBatches.take(piece(id, { bytes: 2, lines: 1 }, [newJob()]))).toEqual({
      kind: 'stale',
    });
    expect(store.counts().PENDING).toBe(2);
    const second = piece(id, first.to, [newJob()], { queueLimit: 2 });
    expect(await store.requestBatches.take(second)).toEqual({ kind: 'queue-full', room: 0 });
    await store.requestBatches.step({ id, event: 'cancel' });
    expect(await store.requestBatches.take({ ...second, queueLimit: 100 })).toEqual({ kind: 'stale' });
    const rest = { ...second, jobs: [], refused: [refusal(3, 'CANCELLED')], isLast: true };
    expect(await store.requestBatches.take(rest)).toEqual({ kind: 'taken' });
    expect((await store.requestBatches.batch(id))?.batch).toMatchObject({
      taken: second.to,
      refused: { ERRORED: 0, CANCELLED: 1, EXPIRED: 0 },
    });
    expect(await store.requestBatches.refusals(id, 0, 10)).toEqual([refusal(3, 'CANCELLED')]);
    expect(await store.requestBatches.refusals(id, 3, 10)).toEqual([]);
  });

  test('Members come in their order in pages, whatever is submitted between the pieces', async () => {
    const { store } = current();
    const id = await inProgress(store);
    const [a, b, c] = [newJob(), newJob(), newJob()];
    const first = piece(id, START, [a, b]);
    await store.requestBatches.take(first);
    await store.submit({
      jobs: [newJob()],
      batch: null,
      blobs: new Map(),
      idempotency: null,
      queueLimit: 100,
    });
    await store.requestBatches.take(piece(id, first.to, [c]));
    const page = await store.requestBatches.members(id, 0, 2);
    expect(page.map((job) => job.id)).toEqual([a.id, b.id]);
    const rest = await store.requestBatches.members(id, page[1]?.sequence ?? 0, 2);
    expect(rest.map((job) => job.id)).toEqual([c.id]);
  });

  test('Counts follow every change of its jobs, those that were not done in time apart', async () => {
    const { store, clock } = current();
    const id = await inProgress(store);
    const jobs = [newJob(), newJob(), newJob(), newJob({ deadline: clock.now() + HOUR_MS }), newJob()];
    const waiting = newJob();
    await store.requestBatches.take(piece(id, START, [...jobs, waiting]));
    const counts = async () => {
      const batch = await store.requestBatches.batch(id);
      return [batch?.jobs, batch?.overdue, (await store.batch(id))?.counts] as const;
    };
    const none = { PENDING: 0, QUEUED: 0, RUNNING: 0, COMPLETE: 0, FAILED: 0, CANCELLED: 0 };
    const done = await claimOne(store);
    await complete(store, { id: done.job.id, fence: done.job.fence });
    const bad = await claimOne(store);
    const failure = { code: 'BACKEND_ERROR', message: 'No.', retryable: false } as const;
    await store.finish({
      id: bad.job.id,
      fence: bad.job.fence,
      kind: 'fail',
      failure,
      attempt: attemptOf(clock, failure),
      output: [],
    });
    await store.claim(claimOf(1, { as: 'QUEUED' }));
    clock.advance(2 * HOUR_MS);
    await store.tend(WEEK_MS);
    await store.cancel(waiting.id, null);
    const expected = { ...none, PENDING: 1, QUEUED: 1, COMPLETE: 1, FAILED: 2, CANCELLED: 1 };
    expect(await counts()).toEqual([expected, 1, expected]);
    expect((await store.batch(id))?.finishedAt).toBeNull();
    const overdue = jobs[3]?.id as NewJob['id'];
    await store.retry(overdue, 100);
    expect((await counts())[1]).toBe(0);
    expect(await store.requestBatches.cancelJobs(id, 2)).toBe(2);
    expect(await store.requestBatches.cancelJobs(id, 10)).toBe(1);
    expect(await store.requestBatches.cancelJobs(id, 10)).toBe(0);
    const ended = { ...none, COMPLETE: 1, FAILED: 1, CANCELLED: 4 };
    expect(await counts()).toEqual([ended, 0, ended]);
    expect((await store.batch(id))?.finishedAt).toBeNull();
    for (const event of ['cancel', 'end'] as const) await store.requestBatches.step({ id, event });
    expect((await store.batch(id))?.finishedAt).toBe(clock.now());
  });

  test('A batch goes from status to status by its table, and what came out of it is among the files', async () => {
    const { store, clock } = current();
    const id = await inProgress(store, { total: null });
    expect(await store.requestBatches.step({ id, event: 'answered' })).toBeNull();
    clock.advance(1_000);
    const valid = await store.requestBatches.step({ id, event: 'valid', total: 3 });
    expect(valid).toMatchObject({ status: 'IN_PROGRESS', total: 3, endedAt: null });
    await store.requestBatches.step({ id, event: 'answered' });
    const output = { id: fileId(), part: 'ANSWERS', name: 'out.jsonl', bytes: 12 } as const;
    clock.advance(1_000);
    const ended = await store.requestBatches.step({ id, event: 'complete', output: [output] });
    const now = clock.now();
    expect(ended).toMatchObject({
      status: 'COMPLETED',
      endedAt: now,
      answersFile: output.id,
      errorsFile: null,
      since: { VALIDATING: now - 2_000, IN_PROGRESS: now - 1_000, FINALIZING: now - 1_000, COMPLETED: now },
    });
    expect(await store.files.file(output.id)).toMatchObject({
      purpose: 'BATCH_OUTPUT',
      client: 'alice',
      bytes: 12,
      source: { batchId: id, part: 'ANSWERS' },
    });
    expect(await store.requestBatches.step({ id, event: 'cancel' })).toBeNull();
    expect(await store.requestBatches.unended()).toEqual([]);
  });

  test('Lists tell the newest first, from a cursor on, either way', async () => {
    const { store } = current();
    const ids: BatchId[] = [];
    for (let i = 0; i < 4; i += 1) ids.push(await inProgress(store));
    await inProgress(store, { api: 'ANTHROPIC' });
    const [a, b, c, d] = ids as [BatchId, BatchId, BatchId, BatchId];
    const list = async (query: { after?: BatchId; before?: BatchId; limit?: number; client?: string }) => {
      const page = await store.requestBatches.list({ api: 'OPENAI', limit: 2, ...query });
      return [...page.batches.map(({ batch }) => batch.id), page.hasMore];
    };
    expect(await list({})).toEqual([d, c, true]);
    expect(await list({ after: c })).toEqual([b, a, false]);
    expect(await list({ before: a })).toEqual([c, b, true]);
    expect(await list({ before: c })).toEqual([d, false]);
    expect(await list({ after: 'bat_none' as BatchId })).toEqual([false]);
    expect(await list({ client: 'bob' })).toEqual([false]);
    expect(await store.requestBatches.unended()).toHaveLength(5);
  });

  test('An unfinished batch keeps its jobs; an ended one goes with the last of them, and all that came out of it', async () => {
    const { store, clock } = current();
    const id = await inProgress(store);
    await store.requestBatches.take(piece(id, START, [newJob()], { refused: [refusal(2, 'ERRORED')] }));
    await store.requestBatches.cancelJobs(id, 10);
    clock.advance(2 * WEEK_MS);
    await store.tend(WEEK_MS);
    expect(await store.requestBatches.members(id, 0, 10)).toHaveLength(1);
    await store.requestBatches.step({ id, event: 'cancel' });
    const output = { id: fileId(), part: 'ERRORS', name: 'e.jsonl', bytes: 12 } as const;
    await store.requestBatches.step({ id, event: 'end', output: [output] });
    clock.advance(WEEK_MS - 1);
    await store.tend(WEEK_MS);
    expect(await store.requestBatches.members(id, 0, 10)).toHaveLength(1);
    clock.advance(1);
    await store.tend(WEEK_MS);
    await store.tend(WEEK_MS);
    expect(await store.requestBatches.batch(id)).toBeNull();
    expect(await store.requestBatches.refusals(id, 0, 10)).toEqual([]);
    expect(await store.files.file(output.id)).toBeNull();
    expect(await store.batch(id)).toBeNull();
  });

  test('An ended batch can be deleted, one that goes on can not', async () => {
    const { store } = current();
    const id = await inProgress(store);
    expect(await store.requestBatches.delete(id)).toBe(false);
    await store.requestBatches.step({ id, event: 'cancel' });
    await store.requestBatches.step({ id, event: 'end' });
    expect(await store.requestBatches.delete(id)).toBe(true);
    expect(await store.requestBatches.batch(id)).toBeNull();
    expect(await store.requestBatches.delete(id)).toBe(false);
  });
}
