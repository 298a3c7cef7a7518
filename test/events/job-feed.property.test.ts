/** Readers of the jobs' feed at any pace, some of whom come back with a cursor. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, type Job, type JobEvent, type JobStatus } from '../../src/domain/job.ts';
import type { JobFilter } from '../../src/domain/job-filter.ts';
import { matchesJob } from '../../src/domain/job-filter.ts';
import type { JobNotice } from '../../src/events/job-feed.ts';
import { world } from './support/feed-world.ts';
import { type JobTable, START } from './support/job-table.ts';

const EVENTS: readonly JobEvent[] = ['claim', 'start', 'return', 'complete', 'fail', 'cancel', 'requeue'];
const FILTERS: readonly JobFilter[] = [
  {},
  { statuses: ['RUNNING'] },
  { statuses: ['PENDING'] },
  { statuses: ['FAILED', 'CANCELLED'] },
  { labels: [{ key: 'parity', value: 'odd' }] },
  { kinds: ['CHAT'], statuses: ['PENDING', 'COMPLETE'] },
  { models: ['llama3'] },
  { priorities: ['HIGH'] },
  { priorities: ['NORMAL', 'LOW'], statuses: ['PENDING', 'RUNNING'] },
  { finishedAfter: START + 20 },
  { matching: 'LAMA3', createdBefore: START + 30 },
];

const reader = fc.nat(FILTERS.length - 1);

const step = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ do: 'submit' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      job: fc.nat(40),
      event: fc.constantFrom(...EVENTS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      job: fc.nat(40),
      priority: fc.constantFrom(...JOB_PRIORITIES),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('take' as const), reader }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), reader }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

interface Reader {
  readonly filter: JobFilter;
  stream: ReturnType<ReturnType<typeof world>['follow']>;
  /** What it took in each of its earlier connections. */
  readonly past: JobNotice[][];
}

function jobOf({ jobs }: JobTable, number: number): Job | undefined {
  return [...jobs.values()][number % jobs.size];
}

describe('any course of events, read at any pace', () => {
  it('leaves every reader with the last state of every job that it saw or that matches, through lost connections and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150 }),
        fc.constantFrom(2, 5, 16, 8_192),
        fc.array(fc.record({ job: fc.nat(40), event: fc.constantFrom(...EVENTS) }), { maxLength: 20 }),
        async (steps, capacity, duringReads) => {
          const here = world(capacity);
          const { table, follow } = here;
          const slippedIn = [...duringReads];
          table.onRead = () => {
            const change = slippedIn.shift();
            const job = change && jobOf(table, change.job);
            if (job) table.apply(job.id, change.event);
          };
          const readers: Reader[] = FILTERS.map((filter) => ({
            filter,
            stream: follow({ filter }),
            past: [],
          }));
          const reconnect = async (reader: Reader) => {
            await reader.stream.close();
            reader.past.push([...reader.stream.taken]);
            const after = reader.past.flat().at(-1)?.cursor;
            reader.stream = follow({ filter: reader.filter, after });
          };
          for (const one of steps) {
            switch (one.do) {
              case 'submit':
                table.submit();
                break;
              case 'apply': {
                const job = jobOf(table, one.job);
                if (job) table.apply(job.id, one.event);
                break;
              }
              case 'move': {
                const job = jobOf(table, one.job);
                if (job) table.move(job.id, one.priority);
                break;
              }
              case 'restart':
                here.restart();
                for (const reader of readers) await reconnect(reader);
                break;
              case 'take':
                await readers[one.reader]?.stream.take();
                break;
              case 'reconnect':
                if (readers[one.reader]) await reconnect(readers[one.reader] as Reader);
                break;
              default:
                one satisfies never;
            }
          }
          for (const { filter, stream, past } of readers) {
            const last = await stream.drain();
            for (const life of [...past, last]) expectEachJobToGoForward(life);
            const told = new Map([...past.flat(), ...last].map((notice) => [notice.job.id, notice.job]));
            for (const job of table.jobs.values()) {
              const known = told.get(job.id);
              if (matchesJob(filter, job)) expect(known?.revision).toBe(job.revision);
              // A job that no longer matches is not left standing as one that does.
              else if (known) expect(matchesJob(filter, known)).toBe(false);
            }
            await stream.close();
          }
          expect(here.log.waiting).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('accounts for every change while the log reaches back, and names the status it told last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 150 }), async (steps) => {
        const { table, log, follow } = world();
        const reader = follow();
        await reader.take();
        const status = new Map<JobId, JobStatus>();
        for (const one of steps) {
          if (one.do === 'submit') table.submit();
          else if (one.do === 'take') await reader.take();
          else if (one.do === 'apply') {
            const job = jobOf(table, one.job);
            if (job) table.apply(job.id, one.event);
          }
        }
        const taken = await reader.drain();
        expect(taken.reduce((sum, notice) => sum + 1 + notice.coalesced, 0)).toBe(log.newest);
        for (const { job, previousStatus } of taken) {
          expect(previousStatus).toBe(status.get(job.id) ?? null);
          status.set(job.id, job.status);
        }
        await reader.close();
      }),
      { numRuns: 100 },
    );
  });
});

function expectEachJobToGoForward(notices: readonly JobNotice[]): void {
  const revisions = new Map<JobId, number>();
  for (const { job } of notices) {
    expect(job.revision).toBeGreaterThan(revisions.get(job.id) ?? 0);
    revisions.set(job.id, job.revision);
  }
}
