/** The line to the writer and the reader, without the door before it: whatever is sent, every caller gets an answer, and no one else's. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { Operations, Reads } from '../../src/store/operation.ts';
import type { Answers, FromWorker } from '../../src/store/sqlite/protocol.ts';
import { tellAnswers } from '../../src/store/sqlite/tell-answers.ts';
import { WorkerLine } from '../../src/store/sqlite/worker-line.ts';
import { accept, claimOf, newJob } from '../contract/store-fixtures.ts';
import { nested } from '../support/nested.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let deaths: Error[];
const lines: WorkerLine<never>[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
  deaths = [];
});
afterEach(async () => {
  for (const line of lines.splice(0)) await line.stop();
  await directory.remove();
});

async function openLine<T>(name: 'writer' | 'reader'): Promise<WorkerLine<T>> {
  const line = new WorkerLine<T>({
    name,
    role: name,
    settings: { dataDir: directory.path, serverId: 'srv_x', leaseMs: 30_000, groupLimit: 1_024, now: 0 },
    now: () => 0,
    onReport: () => {},
    onDeath: (error) => deaths.push(error),
  });
  await line.ready();
  lines.push(line as unknown as WorkerLine<never>);
  return line;
}

const jobs = async (count: number): Promise<readonly JobId[]> => {
  const store = await openStore(directory.path);
  const made = await accept(store, ...Array(count).fill({}));
  await store.stop();
  return made.map(({ id }) => id);
};

describe('a call that cannot be sent', () => {
  it('is refused to its caller alone, at whatever depth sending or reading fails', async () => {
    const ids = await jobs(2);
    const line = await openLine<Operations>('writer');
    const cancel = (id: JobId | undefined) => line.call('cancel', { id: id as JobId, reason: null });
    for (const bad of [
      () => 1,
      Symbol('s'),
      ...[100, 600, 900, 1_200, 1_500, 1_800, 2_100, 4_000, 50_000].map((levels) => nested(levels)),
    ]) {
      const attempt = bad as never;
      const [unknown, refused, again] = await Promise.allSettled([
        line.call('setPriority', { id: 'job_none' as JobId, priority: 'LOW' }),
        line.call('release', [{ id: 'job_none' as JobId, fence: 1, attempt, counts: false, delayMs: 0 }]),
        line.call('claim', claimOf(0)),
      ]);
      // A message that the other side could not read takes those that were sent with it along, with an answer that says so.
      const lost = { status: 'rejected', reason: { code: 'STORE_FAILED' } };
      expect([{ value: { kind: 'not-found' } }, lost]).toContainEqual(
        unknown.status === 'fulfilled'
          ? { value: unknown.value }
          : { ...unknown, reason: { code: unknown.reason.code } },
      );
      expect(refused.status === 'rejected' || Array.isArray(refused.value)).toBe(true);
      expect(again.status === 'rejected' || Array.isArray(again.value)).toBe(true);
    }
    expect(await cancel(ids[0])).toMatchObject({ kind: 'cancelled', job: { id: ids[0] } });
    expect(await cancel(ids[1])).toMatchObject({ kind: 'cancelled', job: { id: ids[1] } });
    expect(deaths).toEqual([]);
  });
});

describe('an answer that cannot be sent', () => {
  it('is a failure of its caller alone, and the line goes on', async () => {
    const [deep, plain] = await jobs(2);
    const database = new DatabaseSync(join(directory.path, 'vramkeeper.db'));
    const text = `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`;
    database.prepare('UPDATE jobs SET metadata = ? WHERE id = ?').run(text, deep as JobId);
    database.close();
    const writer = await openLine<Operations>('writer');
    const reader = await openLine<Reads>('reader');
    const answers = await Promise.allSettled([
      writer.call('setPriority', { id: plain as JobId, priority: 'HIGH' }),
      writer.call('setPriority', { id: deep as JobId, priority: 'HIGH' }),
      writer.call('setPriority', { id: 'job_none' as JobId, priority: 'HIGH' }),
      reader.call('jobs', [plain as JobId]),
      reader.call('jobs', [deep as JobId]),
      reader.call('revision', null),
    ]);
    expect(answers).toMatchObject([
      { value: { kind: 'updated', job: { id: plain } } },
      { reason: { code: 'STORE_FAILED' } },
      { value: { kind: 'not-found' } },
      { value: [{ id: plain }] },
      { reason: { code: 'STORE_FAILED' } },
      { value: expect.any(Number) },
    ]);
    expect(await writer.call('submit', await submissionOf())).toMatchObject({ kind: 'accepted' });
    expect(deaths).toEqual([]);
  });

  it('does not keep the numbers of the queue back', () => {
    const report = { changes: [nested(50_000)], buckets: [], delayed: 3, counts: {}, staleFences: 0 };
    const answers = [
      { ok: true, value: 1 },
      { ok: true, value: nested(50_000) },
      { ok: true, value: 3 },
    ];
    for (const form of ['text', 'clone'] as const) {
      const told: Answers[] = [];
      const tell = (message: FromWorker) => {
        if (message.kind === 'answers') told.push(structuredClone(message.answers));
        if (message.kind === 'text-answers') told.push(JSON.parse(message.text));
      };
      tellAnswers(tell, { numbers: [7, 8, 9], answers, report } as unknown as Answers, form);
      expect(told.map(({ report: one }) => one)).toEqual([{ ...report, changes: [] }, null, null, null]);
      expect(told.flatMap(({ numbers }) => numbers)).toEqual([7, 8, 9]);
      expect(told.flatMap(({ answers: some }) => some)).toMatchObject([
        { ok: true, value: 1 },
        { ok: false, failure: { code: 'STORE_FAILED' } },
        { ok: true, value: 3 },
      ]);
    }
  });
});

describe('an answer that cannot be read', () => {
  it('is a failure of those who wait for it, and is no answer to those who come after', async () => {
    const ids = await jobs(3);
    const line = await openLine<Operations>('writer');
    const ask = (id: JobId | undefined) =>
      line.call('setPriority', { id: id as JobId, priority: 'HIGH' }).then(
        (outcome) => outcome,
        (error: { readonly code: string }) => error.code,
      );
    const { postMessage } = Worker.prototype;
    const posted = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (
      this: Worker,
      ...message
    ) {
      postMessage.apply(this, message);
      this.emit('messageerror', new Error('It could not be read.'));
    });
    const lost = [ask(ids[0]), ask(ids[1])];
    expect(await Promise.all(lost)).toEqual(['STORE_FAILED', 'STORE_FAILED']);
    // The answers come all the same, and are for nobody.
    const [next, last] = await Promise.all([ask(ids[2]), ask('job_none' as JobId)]);
    expect([next, last]).toMatchObject([{ kind: 'updated', job: { id: ids[2] } }, { kind: 'not-found' }]);
    expect(deaths).toEqual([]);
    posted.mockRestore();
  });
});

async function submissionOf() {
  const { request: _request, ...job } = newJob();
  return {
    jobs: [{ ...job, request: '{}', blobs: [] }],
    batch: null,
    blobs: new Map(),
    idempotency: null,
    queueLimit: 10,
  };
}
