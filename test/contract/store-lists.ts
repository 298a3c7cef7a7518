/** Lists, pages, filters and places: whatever an index does, it must equal a plain sort. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, JOB_STATUSES, type Job } from '../../src/domain/job.ts';
import { type JobFilter, matchesJob } from '../../src/domain/job-filter.ts';
import {
  type JobOrder,
  type JobOrderField,
  type JobPosition,
  jobPosition,
  type Store,
} from '../../src/domain/store.ts';
import type { MakeStore } from './store-contract.ts';
import { accept, allJobs, claimOf, complete, jobId, newJob, submission } from './store-fixtures.ts';

const JOBS = 10_000;
const SEED = 20_260_101;
const FIELDS: readonly JobOrderField[] = ['CREATED_AT', 'FINISHED_AT', 'PRIORITY'];
const DIRECTIONS: readonly JobOrder['direction'][] = ['ASC', 'DESC'];
const ORDERS = FIELDS.flatMap((field) => DIRECTIONS.map((direction) => ({ field, direction })));

export function storeListContract(name: string, makeStore: MakeStore): void {
  describe(`${name} with ${JOBS} jobs (seed ${SEED})`, () => {
    const clock = new VirtualClock();
    let store: Store;
    let dispose: () => Promise<void>;
    let jobs: readonly Job[];

    beforeAll(async () => {
      const made = await makeStore(clock);
      store = made.store;
      dispose = () => made.dispose();
      await fill(store, clock);
      jobs = await allJobs(store);
    });
    afterAll(() => dispose());

    it.each(ORDERS)(
      'pages by $field $direction forwards and backwards as a full sort does',
      async (order) => {
        const expected = sorted(jobs, order).map(({ sequence }) => sequence);
        expect(await walk(store, order, false)).toEqual(expected);
        expect(await walk(store, order, true)).toEqual(expected);
      },
    );

    it.each(ORDERS)('answers the part between two places by $field $direction', async (order) => {
      const all = sorted(jobs, order);
      const [after, before] = [all[2_500], all[2_520]] as const;
      if (!after || !before) throw new Error('There are more jobs than that.');
      const range = {
        filter: {},
        order,
        after: jobPosition(after, order.field),
        before: jobPosition(before, order.field),
      };
      const whole = await store.list({ ...range, limit: 100 });
      expect(whole).toEqual({ jobs: all.slice(2_501, 2_520), hasPrevious: true, hasNext: true });
      const end = await store.list({ ...range, limit: 5, fromEnd: true });
      expect(end.jobs).toEqual(all.slice(2_515, 2_520));
    });

    const filters: readonly [string, JobFilter, (job: Job) => boolean][] = [
      ['statuses', { statuses: ['FAILED', 'RUNNING'] }, ({ status }) => /FAILED|RUNNING/.test(status)],
      ['a common status', { statuses: ['COMPLETE'] }, ({ status }) => status === 'COMPLETE'],
      ['no status at all', { statuses: [] }, () => false],
      ['kinds', { kinds: ['EMBED'] }, ({ kind }) => kind === 'EMBED'],
      ['a submitted name', { models: ['Phi3'] }, ({ modelName }) => modelName === 'Phi3'],
      ['a canonical name', { models: ['phi3:latest'] }, ({ queue }) => queue === 'phi3:latest'],
      [
        'all of some labels',
        {
          labels: [
            { key: 'run', value: '3' },
            { key: 'odd', value: 'yes' },
          ],
        },
        ({ labels }) =>
          labels.some(({ key, value }) => key === 'run' && value === '3') &&
          labels.some(({ key }) => key === 'odd'),
      ],
      ['a client', { client: 'bob' }, ({ client }) => client === 'bob'],
      ['clients', { clients: ['bob', 'eve'] }, ({ client }) => client === 'bob'],
      ['no client at all', { clients: [] }, () => false],
      ['priorities', { priorities: ['LOW', 'HIGH', 'LOW'] }, ({ priority }) => priority !== 'NORMAL'],
      [
        'a span of time',
        { createdAfter: 1_700_000_000_010, createdBefore: 1_700_000_000_050 },
        ({ createdAt }) => createdAt > 1_700_000_000_010 && createdAt < 1_700_000_000_050,
      ],
      [
        'the end',
        { finishedAfter: 1_700_000_000_115 },
        ({ finishedAt }) => finishedAt !== null && finishedAt > 1_700_000_000_115,
      ],
      ['a text in a label', { matching: 'DD' }, ({ labels }) => labels.some(({ key }) => key === 'odd')],
      ['a text in a name of the model', { matching: 'hi3:L' }, ({ queue }) => queue === 'phi3:latest'],
      ['a text in the client', { matching: 'bO' }, ({ client }) => client === 'bob'],
      ['a text that is a pattern elsewhere', { matching: '%' }, () => false],
      ['a time', { createdAfter: 1_700_000_000_050 }, ({ createdAt }) => createdAt > 1_700_000_000_050],
      [
        'all together',
        { statuses: ['CANCELLED'], models: ['llama3'], kinds: ['GENERATE'], createdAfter: 1_700_000_000_010 },
        (job) =>
          job.status === 'CANCELLED' &&
          job.modelName === 'llama3' &&
          job.kind === 'GENERATE' &&
          job.createdAt > 1_700_000_000_010,
      ],
    ];
    it.each(filters)('filters by %s', async (_name, filter, matches) => {
      const expected = jobs.filter(matches);
      expect(await store.countJobs(filter)).toBe(expected.length);
      const order = { field: 'CREATED_AT', direction: 'DESC' } as const;
      const page = await store.list({ filter, order, limit: 50 });
      expect(page.jobs).toEqual(sorted(expected, order).slice(0, 50));
      expect(page.hasNext).toBe(expected.length > 50);
      expect(page.hasPrevious).toBe(false);
    });

    it('filters as streams of changes do, whatever the conditions', async () => {
      const label = fc.constantFrom(
        ...['odd', 'run'].flatMap((key) => ['yes', '3'].map((value) => ({ key, value }))),
      );
      const filter: fc.Arbitrary<JobFilter> = fc.record(
        {
          statuses: fc.array(fc.constantFrom(...JOB_STATUSES), { maxLength: 4 }),
          kinds: fc.array(fc.constantFrom(...new Set(jobs.map(({ kind }) => kind))), { maxLength: 2 }),
          labels: fc.array(label, { maxLength: 2 }),
          models: fc.array(
            fc.constantFrom('nobody', ...new Set(jobs.flatMap(({ modelName, queue }) => [modelName, queue]))),
            { maxLength: 3 },
          ),
          client: fc.constantFrom('nobody', ...new Set(jobs.map((job) => job.client))),
          createdAfter: fc.constantFrom(...jobs.map(({ createdAt }) => createdAt)),
          createdBefore: fc.constantFrom(...jobs.map(({ createdAt }) => createdAt)),
          finishedAfter: fc.constantFrom(...jobs.flatMap(({ finishedAt }) => finishedAt ?? [])),
          clients: fc.array(fc.constantFrom('alice', 'bob', 'nobody'), { maxLength: 2 }),
          priorities: fc.array(fc.constantFrom(...JOB_PRIORITIES), { maxLength: 3 }),
          matching: fc.constantFrom('LLAMA', '3', 'Yes', 'ali', ':LATEST', '"', ...jobs.map(({ id }) => id)),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(filter, async (asked) => {
          const count = jobs.filter((job) => matchesJob(asked, job)).length;
          expect(await store.countJobs(asked)).toBe(count);
        }),
      );
    });

    it('knows the place of every waiting job', async () => {
      const waiting = jobs
        .filter(({ status }) => status === 'PENDING')
        .sort(
          (a, b) =>
            JOB_PRIORITIES.indexOf(a.priority) - JOB_PRIORITIES.indexOf(b.priority) ||
            a.sequence - b.sequence,
        );
      const asked = [0, 1, 17, 500, waiting.length - 1, 17].map((place) => waiting[place]?.id as JobId);
      const running = jobs.find(({ status }) => status === 'RUNNING')?.id as JobId;
      expect(await store.queuePositions([...asked, running, jobId()])).toEqual([
        0,
        1,
        17,
        500,
        waiting.length - 1,
        17,
        null,
        null,
      ]);
    });

    it('yields every change in portions', async () => {
      const found: number[] = [];
      let revision = 0;
      for (;;) {
        const page = await store.changedSince(revision, 777);
        if (page.length === 0) break;
        found.push(...page.map(({ sequence }) => sequence));
        revision = page.at(-1)?.revision ?? revision;
      }
      expect(found.toSorted((a, b) => a - b)).toEqual(jobs.map(({ sequence }) => sequence));
      expect(revision).toBe(await store.revision());
    });
  });
}

/** Jobs of every kind, model, priority and end, many of them in the same millisecond. */
async function fill(store: Store, clock: VirtualClock): Promise<void> {
  const random = seededRandom(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  for (let made = 0; made < JOBS; made += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => {
      const kind = pick(['GENERATE', 'EMBED'] as const);
      return newJob({
        kind,
        modelName: pick(['llama3', 'Phi3']),
        priority: pick(JOB_PRIORITIES),
        client: pick(['alice', 'bob']),
        labels: [
          ...(random.next() < 0.3 ? [{ key: 'run', value: String(i % 7) }] : []),
          ...(i % 2 === 1 ? [{ key: 'odd', value: 'yes' }] : []),
        ],
        request: kind === 'EMBED' ? { kind, input: ['x'] } : { kind, prompt: 'x' },
      });
    });
    await store.submit(submission(batch));
    clock.advance(Math.floor(random.next() * 3));
  }
  for (const model of ['llama3', 'Phi3']) {
    for (const priority of JOB_PRIORITIES) {
      const claimed = await store.claim(claimOf(400, { model, priority }));
      for (const [at, { job }] of claimed.entries()) {
        if (at % 7 === 0) continue;
        if (at % 5 === 0) await store.cancel(job.id, null);
        else if (at % 11 === 0) await fail(store, job);
        else await complete(store, job);
        if (at % 20 === 0) clock.advance(1);
      }
    }
  }
  const [late] = await accept(store, {});
  const held = (await store.claim(claimOf(3, { client: 'bob' }))).map(({ job }) => job);
  await store.returnToQueue(held.map((job) => ({ ...job, attempt: null, counts: false, delayMs: 60_000 })));
  await store.cancel(late?.id as JobId, null);
}

function fail(store: Store, { id, fence }: Job): Promise<boolean> {
  const failure = { code: 'BACKEND_ERROR', message: 'No.', retryable: false } as const;
  return store.finish({ id, fence, kind: 'fail', failure, attempt: null, output: [] });
}

function sorted(jobs: readonly Job[], { field, direction }: JobOrder): Job[] {
  const sign = direction === 'ASC' ? 1 : -1;
  const value = (job: Job) => jobPosition(job, field).value ?? Number.POSITIVE_INFINITY;
  const compare = (a: Job, b: Job) =>
    value(a) === value(b) ? a.sequence - b.sequence : value(a) < value(b) ? -1 : 1;
  return jobs.toSorted((a, b) => sign * compare(a, b));
}

/** Turns page after page, and checks that each says rightly whether there are more. */
async function walk(store: Store, order: JobOrder, fromEnd: boolean): Promise<readonly number[]> {
  const pages: (readonly Job[])[] = [];
  let place: JobPosition | undefined;
  for (;;) {
    const page = await store.list({
      filter: {},
      order,
      limit: 997,
      fromEnd,
      ...(place && (fromEnd ? { before: place } : { after: place })),
    });
    expect(fromEnd ? page.hasNext : page.hasPrevious).toBe(pages.length > 0);
    pages.push(page.jobs);
    const edge = fromEnd ? page.jobs.at(0) : page.jobs.at(-1);
    if (!edge || !(fromEnd ? page.hasPrevious : page.hasNext)) break;
    place = jobPosition(edge, order.field);
  }
  const ordered = fromEnd ? pages.toReversed() : pages;
  return ordered.flat().map(({ sequence }) => sequence);
}
