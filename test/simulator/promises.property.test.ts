/** What holds of the scheduler in any simulated run, whatever comes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { greatest } from '../../src/domain/long-lists.ts';
import { FORCED_SHARE, LEAST_SERVICE_LOADS, OVERDUE_MS } from '../../src/scheduler/decide/constants.ts';
import { loadMsAlone } from '../../src/simulator/machine/settings.ts';
import { SERVER_KINDS } from '../../src/simulator/policies/contender.ts';
import { vramkeeper } from '../../src/simulator/policies/vramkeeper.ts';
import { ends, loads, model, runOn, SMALL, workload } from './support.ts';

const PRIORITIES = ['HIGH', 'NORMAL', 'LOW'] as const;
/** From a slot that is free to the next start: what the store takes, and a look. */
const CLAIM_MS = 50;
const CLIENTS = ['p', 'q', 'r'];

const drafts = (models: number, most: number) =>
  fc.array(
    fc.record({
      model: fc.integer({ min: 0, max: models - 1 }).map((i) => `m${i}:latest`),
      at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })),
      work: fc.integer({ min: 1, max: 12 }),
      client: fc.constantFrom(...CLIENTS),
      priority: fc.constantFrom(...PRIORITIES),
    }),
    { minLength: 1, maxLength: most },
  );

test('one model makes a plain fair priority queue', () => {
  const one = model('one:latest', 4);
  const jobs = fc.array(
    fc.record({
      work: fc.integer({ min: 1, max: 20 }).map((tenths) => tenths / 10),
      client: fc.constantFrom(...CLIENTS),
      priority: fc.constantFrom(...PRIORITIES),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(jobs, (given) => {
      const all = workload(
        [one],
        // No two sums of them are equal.
        given.map((draft, i) => ({ ...draft, model: one.name, work: draft.work + Math.SQRT2 ** i / 1_000 })),
      );
      const history = runOn(vramkeeper(), all, { machine: { ...SMALL, slots: 1 } });
      const started = history.jobs.toSorted((a, b) => a.startedMs - b.startedMs).map(({ job }) => job.number);
      const served = new Map<string, number>();
      const waiting = [...all.jobs];
      const plain: number[] = [];
      while (waiting.length > 0) {
        const rank = ({ priority, client, number }: (typeof waiting)[number]) =>
          [PRIORITIES.indexOf(priority), served.get(client) ?? 0, number] as const;
        waiting.sort((a, b) => {
          const [x, y] = [rank(a), rank(b)];
          return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
        });
        const next = waiting.shift();
        if (!next) break;
        plain.push(next.number);
        served.set(next.client, (served.get(next.client) ?? 0) + next.workMs);
      }
      expect(started).toEqual(plain);
    }),
    { numRuns: 40 },
  );
});

describe.each(SERVER_KINDS)('on a server that is %s', (server) => {
  const small = [2, 3, 2].map((size, i) => model(`m${i}:latest`, size));
  const large = [4, 6, 5, 9, 3].map((size, i) => model(`m${i}:latest`, size));

  test('no slot idles while work of its model waits', () => {
    fc.assert(
      fc.property(drafts(small.length, 60), (given) => {
        const { jobs, stays } = runOn(vramkeeper(), workload(small, given), { server });
        for (const { job, arrivedMs, startedMs } of jobs) {
          const readyMs =
            stays.find((stay) => stay.model === job.model && (stay.unloadMs ?? Infinity) > startedMs)
              ?.readyMs ?? 0;
          const sinceMs = Math.max(arrivedMs, readyMs) + CLAIM_MS;
          if (startedMs <= sinceMs) continue;
          const beside = jobs.filter(
            (other) =>
              other.job.model === job.model &&
              other.startedMs < startedMs &&
              other.doneMs >= startedMs - CLAIM_MS,
          );
          expect(beside.length).toBeGreaterThanOrEqual(SMALL.slots);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('no load is in vain: each serves a job, whoever comes in whatever order', () => {
    fc.assert(
      fc.property(drafts(large.length, 60), (given) => {
        const { jobs, stays } = runOn(vramkeeper(), workload(large, given), { server });
        for (const { model: name, readyMs, goneMs } of stays) {
          const its = jobs.filter(
            ({ job, startedMs }) =>
              job.model === name && startedMs >= (readyMs ?? 0) && startedMs <= (goneMs ?? Infinity),
          );
          expect(its.length).toBeGreaterThan(0);
        }
        expect(stays.length).toBeLessThanOrEqual(jobs.length);
      }),
      { numRuns: 25 },
    );
  });

  test('other names of models and clients change no figure', () => {
    fc.assert(
      fc.property(
        drafts(large.length, 40),
        fc.shuffledSubarray(['a', 'k', 'x', 'f', 't'], { minLength: 5 }),
        (given, letters) => {
          const renamed = (name: string) => `${letters[Number(name[1])]}:latest`;
          const other = given.map((draft) => ({
            ...draft,
            model: renamed(draft.model),
            client: `${letters[CLIENTS.indexOf(draft.client)]}`,
          }));
          const others = large.map((one) => ({ ...one, name: renamed(one.name) }));
          const before = runOn(vramkeeper(), workload(large, given), { server });
          const after = runOn(vramkeeper(), workload(others, other), { server });
          expect(ends(after)).toEqual(ends(before));
          expect(loads(after)).toEqual(loads(before).map(renamed));
        },
      ),
      { numRuns: 15 },
    );
  });
});

test('no model waits beyond the bound, while others have work without end', () => {
  const models = [6, 7, 8, 9].map((size, i) => model(`m${i}:latest`, size));
  const all = workload(
    models,
    models.flatMap(({ name }) => Array.from({ length: 300 }, () => ({ model: name, work: 6 }))),
  );
  const { jobs, stays } = runOn(vramkeeper(), all);
  const loadMs = greatest(models.map(({ weightsBytes }) => loadMsAlone(SMALL, weightsBytes)));
  const runMs = greatest(jobs.map(({ startedMs, doneMs }) => doneMs - startedMs));
  // A swap of one resident for another, all that it takes until the next one is allowed, and who is served in the mean time.
  const turnMs = (2 * loadMs) / FORCED_SHARE + LEAST_SERVICE_LOADS * loadMs + runMs;
  const boundMs = OVERDUE_MS.NORMAL + models.length * turnMs;
  for (const { name } of models) {
    const times = stays.filter((stay) => stay.model === name).map(({ loadStartedMs }) => loadStartedMs);
    const firstMs = times[0] ?? Infinity;
    expect(firstMs).toBeLessThan(boundMs);
  }
  expect(greatest(jobs.map(({ doneMs }) => doneMs))).toBeGreaterThan(2 * boundMs);
});
