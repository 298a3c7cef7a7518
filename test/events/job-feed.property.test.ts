/** Readers of the jobs' feed at any pace, some of whom come back with a cursor. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobEvent, JobStatus } from '../../src/domain/job.ts';
import type { JobFilter } from '../../src/domain/store.ts';
import type { JobNotice } from '../../src/events/job-feed.ts';
import { matchesJob } from '../../src/events/job-filter.ts';
import { world } from './support/feed-world.ts';

const EVENTS: readonly JobEvent[] = ['claim', 'start', 'release', 'complete', 'fail', 'cancel', 'requeue'];
const FILTERS: readonly JobFilter[] = [
  {},
  { statuses: ['RUNNING'] },
  { labels: [{ key: 'parity', value: 'odd' }] },
  { kinds: ['CHAT'], statuses: ['PENDING', 'COMPLETE'] },
  { models: ['llama3'] },
];

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
  { weight: 6, arbitrary: fc.record({ do: fc.constant('pull' as const), reader: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), reader: fc.nat(4) }) },
);

describe('any course of events, read at any pace', () => {
  it('leaves every reader with the last state of every job it follows, in order and without repetition', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 150 }),
        fc.constantFrom(2, 5, 16, 8_192),
        fc.array(fc.record({ job: fc.nat(40), event: fc.constantFrom(...EVENTS) }), { maxLength: 20 }),
        async (steps, capacity, duringReads) => {
          const { log, table, follow } = world(capacity);
          const slippedIn = [...duringReads];
          table.onRead = () => {
            const change = slippedIn.shift();
            const job = change && [...table.jobs.values()][change.job];
            if (job) table.apply(job.id, change.event);
          };
          const readers = FILTERS.map((filter) => ({
            filter,
            stream: follow({ filter }),
            past: [] as JobNotice[][],
          }));
          for (const one of steps) {
            if (one.do === 'submit') table.submit();
            else if (one.do === 'apply') {
              const job = [...table.jobs.values()][one.job];
              if (job) table.apply(job.id, one.event);
            } else {
              const reader = readers[one.reader];
              if (!reader) continue;
              await reader.stream.pull();
              if (one.do === 'pull') continue;
              await reader.stream.close();
              const taken = [...reader.stream.taken];
              reader.past.push(taken);
              const after = taken.at(-1)?.cursor ?? reader.past.flat().at(-1)?.cursor;
              reader.stream = follow({ filter: reader.filter, after });
            }
          }
          for (const { filter, stream, past } of readers) {
            const last = await stream.drain();
            for (const life of [...past, last]) expectEachJobToGoForward(life);
            const told = new Map([...past.flat(), ...last].map((notice) => [notice.job.id, notice.job]));
            for (const job of table.jobs.values()) {
              // A job that no longer matches is not left standing as one that does; a new snapshot says so by its absence.
              const known = told.get(job.id);
              if (matchesJob(filter, job)) expect(known?.revision).toBe(job.revision);
              else if (known && past.length === 0) {
                expect(matchesJob(filter, known)).toBe(false);
              }
            }
            await stream.close();
          }
          expect(log.waiting).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('accounts for every change while the log reaches back, and names the status it told last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 150 }), async (steps) => {
        const { table, log, follow } = world();
        const reader = follow();
        await reader.pull();
        const status = new Map<JobId, JobStatus>();
        for (const one of steps) {
          if (one.do === 'submit') table.submit();
          else if (one.do === 'pull') await reader.pull();
          else if (one.do === 'apply') {
            const job = [...table.jobs.values()][one.job];
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
