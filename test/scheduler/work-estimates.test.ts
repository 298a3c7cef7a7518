import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DoneWork, JobSize } from '../../src/domain/work.ts';
import { learnWork } from '../../src/scheduler/runs/learn-work.ts';
import { NO_WORK, type Work } from '../../src/scheduler/runs/work.ts';
import { estimateMs, workError } from '../../src/scheduler/runs/work-estimate.ts';

const READ_MS_PER_BYTE = 0.2;
const WRITE_MS_PER_TOKEN = 20;
const REST_MS = 50;

interface Job {
  readonly kind: JobSize['kind'];
  readonly client: string;
  readonly promptBytes: number;
  readonly tokens: number;
  readonly maxTokens: number | null;
}

function done({ kind, promptBytes, tokens, maxTokens }: Job): DoneWork {
  return {
    size: { kind, promptBytes, maxTokens },
    usage: {
      promptDurationMs: promptBytes * READ_MS_PER_BYTE,
      completionTokens: tokens,
      evalDurationMs: tokens * WRITE_MS_PER_TOKEN,
    },
  };
}

function realMs({ promptBytes, tokens }: Job): number {
  return REST_MS + promptBytes * READ_MS_PER_BYTE + tokens * WRITE_MS_PER_TOKEN;
}

function learned(jobs: readonly Job[], before: Work = NO_WORK): Work {
  return jobs.reduce(
    (work, job) => learnWork(work, { weights: 'w', client: job.client, ranMs: realMs(job), work: done(job) }),
    before,
  );
}

const USUAL: Job = { kind: 'CHAT', client: 'a', promptBytes: 1_000, tokens: 100, maxTokens: null };
const many = (job: Job, count = 30) => Array.from({ length: count }, () => job);

function estimateOf(work: Work, job: Job): number {
  const { kind, client, promptBytes, maxTokens } = job;
  return estimateMs(work, { weights: 'w', client, size: { kind, promptBytes, maxTokens } }) ?? Number.NaN;
}

test('nothing is estimated of a model that nobody has used', () => {
  expect(estimateOf(NO_WORK, USUAL)).toBeNaN();
  expect(estimateMs(learned([USUAL]), { weights: 'other', client: 'a', size: null })).toBeNull();
});

test.each([
  ['a longer prompt', { promptBytes: 50_000 }],
  ['a shorter prompt', { promptBytes: 10 }],
  ['a shorter answer that is asked for', { maxTokens: 5, tokens: 5 }],
  ['a longer answer that is allowed and not used', { maxTokens: 10_000 }],
])('%s is counted in', (_, change) => {
  const job = { ...USUAL, ...change };
  expect(estimateOf(learned(many(USUAL)), job)).toBeCloseTo(realMs(job), 3);
});

test.each([
  ['client', { client: 'b', tokens: 900 }],
  ['kind', { kind: 'EMBED', tokens: 0 }],
] as const)('another %s has experience of its own', (_, change) => {
  const job = { ...USUAL, ...change };
  const work = learned(many(job), learned(many(USUAL)));
  expect(Math.abs(estimateOf(work, job) / realMs(job) - 1)).toBeLessThan(0.05);
  expect(Math.abs(estimateOf(work, USUAL) / realMs(USUAL) - 1)).toBeLessThan(0.05);
});

test('a client without experience is taken for one like the others of its model', () => {
  expect(estimateOf(learned(many(USUAL)), { ...USUAL, client: 'new' })).toBeCloseTo(realMs(USUAL), 3);
});

test('where only times are known they are what is estimated', () => {
  const work = [1_000, 1_000, 1_000].reduce(
    (before, ranMs) => learnWork(before, { weights: 'w', client: 'a', ranMs }),
    NO_WORK,
  );
  expect(estimateOf(work, USUAL)).toBe(1_000);
});

test('the newest jobs count most', () => {
  const slow = { ...USUAL, tokens: 1_000 };
  const work = learned(many(slow, 60), learned(many(USUAL, 200)));
  expect(Math.abs(estimateOf(work, slow) / realMs(slow) - 1)).toBeLessThan(0.05);
});

test('the error is that of what was estimated before the jobs ran', () => {
  expect(workError(NO_WORK)).toEqual({ sampleCount: 0, medianError: null, bias: null });
  const steady = learned(many(USUAL, 10));
  expect(workError(steady)).toEqual({
    sampleCount: 9,
    medianError: expect.closeTo(0),
    bias: expect.closeTo(0),
  });
  const doubled = learnWork(steady, {
    weights: 'w',
    client: 'a',
    ranMs: realMs(USUAL) / 2,
    work: done(USUAL),
  });
  expect(workError(doubled).bias).toBeGreaterThan(0);
  const halved = learnWork(steady, {
    weights: 'w',
    client: 'a',
    ranMs: realMs(USUAL) * 2,
    work: done(USUAL),
  });
  expect(workError(halved).bias).toBeLessThan(0);
});

test('an estimate lies between the least and the most that such jobs took, and the memory is bounded', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ranMs: fc.integer({ min: 1, max: 1_000_000 }),
          client: fc.string(),
          weights: fc.constantFrom('w', 'v'),
        }),
        { minLength: 1, maxLength: 50 },
      ),
      (runs) => {
        const work = runs.reduce(learnWork, NO_WORK);
        for (const weights of new Set(runs.map((run) => run.weights))) {
          const own = runs.filter((run) => run.weights === weights).map(({ ranMs }) => ranMs);
          const estimated = estimateMs(work, { weights, client: runs[0]?.client ?? '', size: null }) ?? 0;
          expect(estimated).toBeGreaterThanOrEqual(Math.min(...own) - 1e-6);
          expect(estimated).toBeLessThanOrEqual(Math.max(...own) + 1e-6);
        }
        expect(work.trials.length).toBeLessThanOrEqual(256);
      },
    ),
    { numRuns: 100 },
  );
  const crowd = Array.from({ length: 5_000 }, (_, i) => ({ weights: 'w', client: `c${i}`, ranMs: 10 }));
  const work = crowd.reduce(learnWork, NO_WORK);
  expect([work.models.size, work.clients.size]).toEqual([1, 4_096]);
});
