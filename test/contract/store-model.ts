/** Random sequences of operations, compared step by step with a model that is too simple to be wrong. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { SequenceSpan } from '../../src/domain/backlog.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, type Job, type JobPriority, type JobStatus } from '../../src/domain/job.ts';
import type { JobChange, Store } from '../../src/domain/store.ts';
import type { MakeStore } from './store-contract.ts';
import { allJobs, claimOf, complete, newJob, submission } from './store-fixtures.ts';

interface ModelJob {
  readonly id: JobId;
  readonly client: string;
  priority: JobPriority;
  status: JobStatus;
  fence: number;
  delayedUntil: number | null;
  result: string | null;
}

type Step =
  | { readonly do: 'submit'; readonly client: string; readonly priority: JobPriority; readonly count: number }
  | {
      readonly do: 'claim';
      readonly client: string;
      readonly priority: JobPriority;
      readonly count: number;
      readonly as: 'QUEUED' | 'RUNNING';
    }
  | {
      readonly do: 'begin' | 'complete' | 'fail' | 'cancel' | 'retry' | 'reuse';
      readonly job: number;
      readonly stale: boolean;
    }
  | { readonly do: 'return'; readonly job: number; readonly stale: boolean; readonly delayMs: number }
  | { readonly do: 'priority'; readonly job: number; readonly priority: JobPriority }
  | { readonly do: 'wait'; readonly ms: number };

const client = fc.constantFrom('alice', 'bob');
const priority = fc.constantFrom(...JOB_PRIORITIES);
const job = fc.nat(30);
const stale = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
const count = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('submit' as const), client, priority, count }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      client,
      priority,
      count,
      as: fc.constantFrom('QUEUED' as const, 'RUNNING' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('begin', 'complete', 'fail', 'cancel', 'retry', 'reuse'),
      job,
      stale,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      job,
      stale,
      delayMs: fc.constantFrom(0, 0, 50, 500),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('priority' as const), job, priority }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) }) },
);

const WEEK_MS = 7 * 24 * 3_600_000;
const ACTIVE: readonly JobStatus[] = ['QUEUED', 'RUNNING'];

export function storeModelContract(name: string, makeStore: MakeStore): void {
  describe(`${name} against a model`, () => {
    it('agrees after every step, and its counters with a recount of its rows', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
          const clock = new VirtualClock();
          const { store, dispose } = await makeStore(clock);
          try {
            const told = new Map<JobId, Job>();
            // Told from another status than the one told last: a change was missed.
            const gaps: JobChange[] = [];
            store.onCommit((changes) => {
              for (const change of changes) {
                if (change.previousStatus !== (told.get(change.job.id)?.status ?? null)) gaps.push(change);
                told.set(change.job.id, change.job);
              }
            });
            const model: ModelJob[] = [];
            for (const one of steps) await take(store, clock, model, one);
            await compare(store, model, told);
            expect(gaps).toEqual([]);
          } finally {
            await dispose();
          }
        }),
        { numRuns: 40, interruptAfterTimeLimit: 20_000 },
      );
    });
  });
}

async function take(store: Store, clock: VirtualClock, model: ModelJob[], one: Step): Promise<void> {
  switch (one.do) {
    case 'submit': {
      const { client, priority } = one;
      const jobs = Array.from({ length: one.count }, () => newJob({ client, priority }));
      expect(await store.submit(submission(jobs))).toMatchObject({ kind: 'accepted' });
      for (const { id } of jobs) {
        model.push({ id, client, priority, status: 'PENDING', fence: 0, delayedUntil: null, result: null });
      }
      return;
    }
    case 'claim': {
      const { client, priority, as } = one;
      const expected = model
        .filter((known) => known.status === 'PENDING' && known.delayedUntil === null)
        .filter((known) => known.client === client && known.priority === priority)
        .slice(0, one.count);
      const claimed = await store.claim(claimOf(one.count, { client, priority, as }));
      for (const known of expected) Object.assign(known, { status: as, fence: known.fence + 1 });
      expect(claimed.map(({ job: { id, fence, status } }) => ({ id, fence, status }))).toEqual(
        expected.map(({ id, fence, status }) => ({ id, fence, status })),
      );
      return;
    }
    case 'wait':
      clock.advance(one.ms);
      await store.tend(WEEK_MS);
      for (const known of model) {
        if (known.delayedUntil !== null && known.delayedUntil <= clock.now()) known.delayedUntil = null;
      }
      return;
    default: {
      const known = model[one.job % Math.max(1, model.length)];
      if (known) await change(store, clock, known, one);
    }
  }
}

async function change(
  store: Store,
  clock: VirtualClock,
  known: ModelJob,
  one: Exclude<Step, { do: 'submit' | 'claim' | 'wait' }>,
): Promise<void> {
  const { id } = known;
  const fence = 'stale' in one && one.stale ? known.fence - 1 : known.fence;
  const holds = fence === known.fence;
  switch (one.do) {
    case 'begin': {
      const begins = holds && known.status === 'QUEUED';
      expect(await store.begin([{ id, fence }])).toHaveLength(begins ? 1 : 0);
      if (begins) known.status = 'RUNNING';
      return;
    }
    case 'complete': {
      const completes = holds && known.status === 'RUNNING';
      const text = `${fence} at ${clock.now()}`;
      expect(await complete(store, { id, fence }, text)).toBe(completes);
      if (completes) Object.assign(known, { status: 'COMPLETE', result: text });
      return;
    }
    case 'fail': {
      const fails = holds && ACTIVE.includes(known.status);
      const failure = { code: 'BACKEND_ERROR', message: 'No.', retryable: false } as const;
      const end = { id, fence, kind: 'fail', failure, attempt: null, output: [] } as const;
      expect(await store.finish(end)).toBe(fails);
      if (fails) known.status = 'FAILED';
      return;
    }
    case 'return': {
      const returns = holds && ACTIVE.includes(known.status);
      const back = { id, fence, attempt: null, counts: false, delayMs: one.delayMs };
      expect(await store.returnToQueue([back])).toHaveLength(returns ? 1 : 0);
      if (!returns) return;
      known.status = 'PENDING';
      known.delayedUntil = one.delayMs > 0 ? clock.now() + one.delayMs : null;
      return;
    }
    case 'cancel': {
      const cancels = known.status === 'PENDING' || ACTIVE.includes(known.status);
      const outcome = await store.cancel(id, null);
      expect(outcome.kind).toBe(cancels ? 'cancelled' : 'not-cancellable');
      if (outcome.kind !== 'cancelled') return;
      expect(outcome.previousStatus).toBe(known.status);
      Object.assign(known, { status: 'CANCELLED', delayedUntil: null, fence: outcome.job.fence });
      return;
    }
    case 'retry': {
      const requeues = known.status === 'FAILED' || known.status === 'CANCELLED';
      const outcome = await store.retry(id, 1_000);
      expect(outcome.kind).toBe(requeues ? 'requeued' : 'not-finished');
      if (requeues) known.status = 'PENDING';
      return;
    }
    case 'priority': {
      const outcome = await store.setPriority(id, one.priority);
      const inQueue = known.priority === one.priority ? 'same' : 'updated';
      expect(outcome.kind).toBe(known.status === 'PENDING' ? inQueue : 'not-queued');
      if (known.status === 'PENDING') known.priority = one.priority;
      return;
    }
    case 'reuse':
      // An id that exists: refused, and without a trace.
      await expect(store.submit(submission([newJob(), newJob({ id })]))).rejects.toThrow();
      return;
    default:
      one satisfies never;
  }
}

async function compare(
  store: Store,
  model: readonly ModelJob[],
  told: ReadonlyMap<JobId, Job>,
): Promise<void> {
  const jobs = await allJobs(store);
  expect(jobs.map(({ id, status, fence, priority }) => ({ id, status, fence, priority }))).toEqual(
    model.map(({ id, status, fence, priority }) => ({ id, status, fence, priority })),
  );
  expect(jobs).toEqual(jobs.map(({ id }) => told.get(id)));

  const counts = { PENDING: 0, QUEUED: 0, RUNNING: 0, COMPLETE: 0, FAILED: 0, CANCELLED: 0 };
  for (const { status } of jobs) counts[status] += 1;
  expect(store.counts()).toEqual(counts);

  const waiting = jobs.filter(({ status }) => status === 'PENDING');
  expect(store.backlog.delayed).toBe(waiting.filter(({ notBefore }) => notBefore !== null).length);
  expect(bucketsOf(store)).toEqual(recount(waiting.filter(({ notBefore }) => notBefore === null)));

  const outputs = await Promise.all(model.map(({ id }) => store.output(id)));
  for (const [at, known] of model.entries()) {
    const text = outputs[at]?.map((part) => part.text).join('') ?? null;
    expect(known.status === 'COMPLETE' ? text : null).toBe(known.result);
  }
}

type Numbers = Record<
  string,
  readonly [
    count: number,
    createdAtSum: number,
    oldestCreatedAt: number | null,
    sequences: SequenceSpan | undefined,
  ]
>;

function bucketsOf(store: Store): Numbers {
  return Object.fromEntries(
    store.backlog
      .queues()
      .flatMap(({ buckets }) => [...buckets.entries()].map(([, bucket]) => bucket))
      .map((one) => [
        `${one.queue} ${one.priority} ${one.client}`,
        [one.count, one.createdAtSum, one.oldestCreatedAt, one.sequences],
      ]),
  );
}

function recount(jobs: readonly Job[]): Numbers {
  const groups = Object.groupBy(jobs, (one) => `${one.queue} ${one.priority} ${one.client}`);
  return Object.fromEntries(
    Object.entries(groups).map(([key, group = []]) => [
      key,
      [
        group.length,
        group.reduce((sum, one) => sum + one.createdAt, 0),
        group[0]?.createdAt ?? null,
        group[0] && {
          oldest: group[0].sequence,
          mean: group.reduce((sum, one) => sum + one.sequence, 0) / group.length,
        },
      ],
    ]),
  );
}
