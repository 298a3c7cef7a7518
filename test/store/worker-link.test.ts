/** The link to the writer and the reader, without the door before it: whatever is sent, every caller gets an answer, and no one else's. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SteadyClock, systemClock } from '../../src/clock.ts';
import { UnstorableValueError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Operations, Reads } from '../../src/store/operation.ts';
import { Inbox } from '../../src/store/threads/inbox.ts';
import type { Answers, FromWorker } from '../../src/store/threads/protocol.ts';
import { tellAnswers } from '../../src/store/threads/tell-answers.ts';
import { WorkerLink } from '../../src/store/threads/worker-link.ts';
import { accept, claimOf, newJob } from '../contract/store-fixtures.ts';
import { nested } from '../support/nested.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let deaths: Error[];
const links: WorkerLink<never>[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
  deaths = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const link of links.splice(0)) await link.stop();
  await directory.remove();
});

async function openLink<T>(name: 'writer' | 'reader'): Promise<WorkerLink<T>> {
  const link = new WorkerLink<T>({
    name,
    program: new URL(`../../src/store/sqlite/${name}.ts`, import.meta.url),
    role: name,
    settings: {
      dataDir: directory.path,
      serverId: 'srv_x',
      leaseMs: 30_000,
      groupLimit: 1_024,
      clock: new SteadyClock(systemClock).reading(),
    },
    now: () => 0,
    onReport: () => {},
    onDeath: (error) => deaths.push(error),
  });
  await link.ready();
  links.push(link as unknown as WorkerLink<never>);
  return link;
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
    const link = await openLink<Operations>('writer');
    const cancel = (id: JobId | undefined) =>
      link.call('cancel', { id: id as JobId, reason: null, callerLeft: false });
    for (const bad of [
      () => 1,
      Symbol('s'),
      ...[100, 600, 900, 1_200, 1_500, 1_800, 2_100, 4_000, 50_000].map((levels) => nested(levels)),
    ]) {
      const attempt = bad as never;
      const [unknown, refused, again] = await Promise.allSettled([
        link.call('setPriority', { id: 'job_none' as JobId, priority: 'LOW' }),
        link.call('returnToQueue', [
          { id: 'job_none' as JobId, fence: 1, attempt, counts: false, delayMs: 0 },
        ]),
        link.call('claim', claimOf(0)),
      ]);
      // What was sent in the same message is done, although the other side may not have been able to read it.
      expect([unknown, again]).toMatchObject([{ value: { kind: 'not-found' } }, { value: [] }]);
      if (refused.status === 'rejected') expect(refused.reason).toBeInstanceOf(UnstorableValueError);
      else expect(refused.value).toEqual([]);
    }
    expect(await cancel(ids[0])).toMatchObject({ kind: 'cancelled', job: { id: ids[0] } });
    expect(await cancel(ids[1])).toMatchObject({ kind: 'cancelled', job: { id: ids[1] } });
    expect(deaths).toEqual([]);
  });
});

describe('a call that the other side cannot read', () => {
  it('is refused to its caller alone: what came in the same message goes by itself, and is done once', async () => {
    const ids = await jobs(3);
    const link = await openLink<Operations>('writer');
    const { postMessage } = Worker.prototype;
    let place = 0;
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...message) {
      place += 1;
      const at = place;
      // All together, then the second of them alone.
      if (at === 1 || at === 3) process.nextTick(() => this.emit('message', { kind: 'unread', place: at }));
      else postMessage.apply(this, message);
    });
    const answers = ids.map((id) => link.call('setPriority', { id, priority: 'HIGH' }));
    expect(await Promise.allSettled(answers)).toMatchObject([
      { value: { kind: 'updated', job: { id: ids[0] } } },
      { reason: { code: 'UNSTORABLE_VALUE' } },
      { value: { kind: 'updated', job: { id: ids[2] } } },
    ]);
    expect(place).toBe(4);
    expect(deaths).toEqual([]);
  });
});

it('counts what comes to a worker, so that what cannot be read has a place in the order', async () => {
  const { port1, port2 } = new MessageChannel();
  const told: FromWorker[] = [];
  const inbox = new Inbox<Reads>(port2, (message) => told.push(message));
  const heard: unknown[] = [];
  const all = Promise.withResolvers<void>();
  inbox.listen((first) => {
    heard.push(first, inbox.take(), inbox.take());
    port2.emit('messageerror', new Error('It could not be read.'));
    all.resolve();
  });
  for (const now of [1, 2]) port1.postMessage({ kind: 'calls', request: { now, calls: [] } });
  await all.promise;
  expect(heard).toMatchObject([{ request: { now: 1 } }, { request: { now: 2 } }, undefined]);
  expect(told).toEqual([{ kind: 'unread', place: 3 }]);
  port1.close();
});

describe('an answer that cannot be sent', () => {
  it('is a failure of its caller alone, and the link goes on', async () => {
    const [deep, plain] = await jobs(2);
    const database = new DatabaseSync(join(directory.path, 'vramkeeper.db'));
    const text = `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`;
    database.prepare('UPDATE jobs SET metadata = ? WHERE id = ?').run(text, deep as JobId);
    database.close();
    const writer = await openLink<Operations>('writer');
    const reader = await openLink<Reads>('reader');
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

/** The next message is sent, and then one comes that cannot be read. */
function loseNextAnswer(): void {
  const { postMessage } = Worker.prototype;
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker, ...message) {
    postMessage.apply(this, message);
    process.nextTick(() => this.emit('messageerror', new Error('It could not be read.')));
  });
}

const codeOf = (error: { readonly code: string }) => error.code;

describe('an answer that cannot be read', () => {
  it('is a failure of those who wait for it, and is no answer to those who come after', async () => {
    const [id] = await jobs(1);
    const link = await openLink<Reads>('reader');
    loseNextAnswer();
    const lost = [link.call('jobs', [id as JobId]), link.call('revision', null)];
    expect(await Promise.all(lost.map((one) => one.catch(codeOf)))).toEqual(['STORE_FAILED', 'STORE_FAILED']);
    // The answers come all the same, and are for nobody.
    expect(await link.call('jobs', [id as JobId])).toMatchObject([{ id }]);
    expect(deaths).toEqual([]);
  });

  it.each(['messageerror', 'text'])('is the end of the store when it was the writer’s: %s', async (kind) => {
    const [id] = await jobs(1);
    const link = await openLink<Operations>('writer');
    if (kind === 'messageerror') loseNextAnswer();
    else vi.spyOn(JSON, 'parse').mockImplementationOnce(() => JSON.parse('{'));
    const claim = link.call('claim', claimOf(1)).catch(codeOf);
    const behind = link.call('setPriority', { id: id as JobId, priority: 'HIGH' }).catch(codeOf);
    expect(await Promise.all([claim, behind])).toEqual(['STORE_CLOSED', 'STORE_CLOSED']);
    expect(await link.call('recover', null).catch(codeOf)).toBe('STORE_CLOSED');
    expect(deaths).toMatchObject([{ code: 'STORE_CLOSED', cause: { code: 'STORE_FAILED' } }]);
    // The next one counts anew, and what was claimed is nobody's until it is taken back.
    await link.stop();
    const store = await openStore(directory.path);
    await store.recover();
    expect(store.counts()).toMatchObject({ PENDING: 1, QUEUED: 0, RUNNING: 0 });
    expect(store.backlog.count).toBe(1);
    await store.stop();
  });
});

async function submissionOf() {
  return {
    jobs: [{ ...newJob(), blobs: [] }],
    batch: null,
    blobs: new Map(),
    idempotency: null,
    queueLimit: 10,
  };
}
