/** A job that is served at once is accepted and claimed by one commit. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BucketKey } from '../../src/domain/backlog.ts';
import type { ClaimedJob, JobChange, Store } from '../../src/domain/store.ts';
import { acceptOne, claimOf, jobId, newJob, queueOf, submission } from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

/** Claims so many jobs once a job is on its way. */
class Taker {
  readonly seen: BucketKey[] = [];
  /** Of the backlog, when writes were about to go. */
  readonly counts: number[] = [];
  claims: Promise<readonly ClaimedJob[]>[] = [];
  isInterested = true;
  readonly #store: Store;
  readonly #slots: number;
  #isAsked = false;

  constructor(store: Store, slots: number) {
    this.#store = store;
    this.#slots = slots;
    store.onArrival(this);
  }

  arriving(job: BucketKey): boolean {
    this.seen.push(job);
    this.#isAsked = this.isInterested;
    return this.isInterested;
  }

  gathered(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.counts.push(this.#store.backlog.count);
    this.claims.push(this.#store.claim(claimOf(this.#slots)));
  }

  async claimed(): Promise<readonly string[]> {
    return (await Promise.all(this.claims.splice(0))).flat().map(({ job }) => job.id);
  }
}

describe('a job that finds a slot', () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let store: Store;
  let commits: (readonly JobChange[])[];
  beforeEach(async () => {
    folder = await temporaryDirectory();
    store = await openStore(folder.path);
    commits = [];
    store.onCommit((changes) => commits.push(changes));
  });
  afterEach(async () => {
    await store.stop();
    await folder.remove();
  });

  test('is accepted and claimed by one commit, and counts meanwhile', async () => {
    const taker = new Taker(store, 1);
    const job = await acceptOne(store);
    expect(await taker.claimed()).toEqual([job.id]);
    expect(taker.counts).toEqual([1]);
    expect(commits.map((changes) => changes.map((change) => change.job.status))).toEqual([
      ['PENDING', 'RUNNING'],
    ]);
    expect([store.backlog.count, store.backlog.clients.size]).toEqual([0, 0]);
    const running = await store.job(job.id);
    expect(running).toMatchObject({ status: 'RUNNING', fence: 1, startedAt: running?.createdAt });
  });

  test('shares the commit with others of the same tick', async () => {
    const taker = new Taker(store, 3);
    const jobs = await Promise.all([acceptOne(store), acceptOne(store), acceptOne(store)]);
    expect(await taker.claimed()).toEqual(jobs.map(({ id }) => id));
    expect(taker.counts).toEqual([3]);
    expect(commits).toHaveLength(1);
  });

  test('does not pass one that waits', async () => {
    const waiting = await acceptOne(store);
    const taker = new Taker(store, 1);
    const late = await acceptOne(store);
    expect(await taker.claimed()).toEqual([waiting.id]);
    expect(taker.counts).toEqual([2]);
    expect(store.backlog.queue(queueOf('llama3'))).toMatchObject({
      count: 1,
      oldestCreatedAt: late.createdAt,
    });
  });

  test('is not claimed when it is cancelled in the same tick', async () => {
    const taker = new Taker(store, 1);
    const wanted = newJob();
    const [submitted, cancelled] = await Promise.all([
      store.submit(submission([wanted])),
      store.cancel(wanted.id, 'Not wanted.'),
    ]);
    expect(submitted.kind).toBe('accepted');
    expect(cancelled.kind).toBe('cancelled');
    expect(await taker.claimed()).toEqual([]);
    expect([store.backlog.count, commits.length]).toEqual([0, 1]);
  });

  test.each([
    {
      name: 'the queue is full',
      submit: () => store.submit(submission([newJob()], { queueLimit: 0 })).then(({ kind }) => kind),
      outcome: 'queue-full',
    },
    {
      name: 'the store cannot write it',
      submit: () =>
        store.submit(submission([newJob({ id: taken })])).then(
          ({ kind }) => kind,
          () => 'failed',
        ),
      outcome: 'failed',
    },
  ])('counts no more when $name', async ({ submit, outcome }) => {
    await store.submit(submission([newJob({ id: taken, client: 'bob' })]));
    const taker = new Taker(store, 1);
    expect(await submit()).toBe(outcome);
    expect(await taker.claimed()).toEqual([]);
    expect(taker.counts).toEqual([2]);
    expect(store.backlog.count).toBe(1);
    expect(store.backlog.clients.get('alice')).toBeUndefined();
  });

  const taken = jobId();

  test.each([
    { name: 'nobody has a slot for', change: {}, isInterested: false },
    {
      name: 'may have been submitted before',
      change: { idempotency: { client: 'alice', key: 'k', inputHash: 'h' } },
      isInterested: true,
    },
    {
      name: 'has a text that takes long to hand over',
      change: { jobs: [newJob({ request: { ...newJob().request, prompt: 'x'.repeat(300_000) } as never })] },
      isInterested: true,
    },
    {
      name: 'comes in a batch',
      change: { batch: { id: 'bat_one' as never, name: null, client: 'alice' } },
      isInterested: true,
    },
  ])('counts with its commit when $name', async ({ change, isInterested }) => {
    const taker = new Taker(store, 1);
    taker.isInterested = isInterested;
    await store.submit(submission([newJob()], change));
    expect(taker.seen.length).toBe(isInterested ? 0 : 1);
    expect(await taker.claimed()).toEqual([]);
    expect(store.backlog.count).toBe(1);
  });
});
