import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientAllowances } from '../../src/clients/allowances.ts';
import { VirtualClock } from '../../src/clock.ts';
import { ClientLimitError } from '../../src/domain/allowance.ts';
import type { ClientLimits, ClientTable } from '../../src/domain/client-limits.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Json } from '../../src/domain/json.ts';

const DAY_MS = 86_400_000;
const FREE: ClientLimits = { weight: 1, maxRunning: null, maxQueued: null };

function world(ann: Partial<ClientLimits>, others: Partial<ClientLimits> = {}, clock = new VirtualClock()) {
  const limits: ClientTable = {
    others: { ...FREE, ...others },
    named: new Map([['ann', { ...FREE, ...ann }]]),
  };
  const kept = new Map<string, Json>();
  const store = {
    remember: async (_space: string, key: string, value: Json) => void kept.set(key, structuredClone(value)),
    recall: async () => kept,
  };
  const open = () => new ClientAllowances({ limits, store: () => store, clock, logger: { warn: () => {} } });
  return { clock, kept, open, allowances: open() };
}

const tokens = (count: number) => ({
  promptTokens: count,
  completionTokens: 0,
  evalDurationMs: 0,
  loadDurationMs: 0,
});
const change = (id: string, status: Job['status'], client = 'ann') => ({
  job: { id, client, status } as Job,
  previousStatus: null,
});

function refusal(work: () => void): ClientLimitError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ClientLimitError) return error;
    throw error;
  }
}

test('whoever asks again when it is told to is let in, and not a moment before', () => {
  const rate = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.01, max: 5, noNaN: true }));
  fc.assert(
    fc.property(rate, fc.array(fc.nat(3_000), { maxLength: 40 }), (requestsPerSecond, pauses) => {
      const { allowances, clock } = world({ requestsPerSecond });
      const begin = clock.now();
      let taken = 0;
      for (const pause of pauses) {
        clock.advance(pause);
        const refused = refusal(() => allowances.request('ann'));
        if (!refused) {
          taken += 1;
          continue;
        }
        expect(refused).toMatchObject({
          client: 'ann',
          limit: 'REQUESTS_PER_SECOND',
          maximum: requestsPerSecond,
        });
        expect(refused.retryAfterMs).toBeGreaterThan(0);
        clock.advance(Math.ceil(refused.retryAfterMs));
        expect(refusal(() => allowances.request('ann'))).toBeNull();
        taken += 1;
      }
      // A burst of a second's, then the rate.
      const seconds = (clock.now() - begin) / 1_000;
      expect(taken).toBeLessThanOrEqual(Math.max(1, requestsPerSecond) + requestsPerSecond * seconds + 1e-6);
    }),
  );
});

test('tokens that were used come back evenly over a minute', () => {
  const { allowances, clock } = world({ tokensPerMinute: 600 });
  allowances.checkWork('ann');
  allowances.answered('ann', { ...tokens(500), completionTokens: 400 });
  const refused = refusal(() => allowances.checkWork('ann'));
  expect(refused).toMatchObject({
    code: 'CLIENT_LIMIT_REACHED',
    limit: 'TOKENS_PER_MINUTE',
    retryAfterMs: 30_000,
  });
  expect(allowances.of('ann')).toEqual([{ name: 'TOKENS_PER_MINUTE', maximum: 600, used: 900 }]);
  clock.advance(30_000);
  expect(refusal(() => allowances.checkWork('ann'))?.retryAfterMs).toBe(1_000);
  clock.advance(1);
  expect(refusal(() => allowances.checkWork('ann'))).toBeNull();
  clock.advance(60_000);
  expect(allowances.of('ann')[0]?.used).toBe(0);
});

test('GPU time counts as it goes by, also of attempts that fail, and of nobody else', () => {
  const { allowances, clock } = world({ gpuSecondsPerDay: 3_600 }, { gpuSecondsPerDay: 10 });
  allowances.jobsChanged([change('job_1', 'RUNNING'), change('job_2', 'RUNNING')]);
  clock.advance(900_000);
  // Of both that run.
  expect(allowances.of('ann')[0]?.used).toBeCloseTo(1_800, 0);
  allowances.jobsChanged([change('job_1', 'PENDING'), change('job_2', 'COMPLETE')]);
  clock.advance(100_000);
  allowances.jobsChanged([change('job_3', 'RUNNING')]);
  clock.advance(1_800_000);
  expect(refusal(() => allowances.checkWork('ann'))).toBeNull();
  clock.advance(200_000);
  expect(refusal(() => allowances.checkWork('ann'))).toMatchObject({
    limit: 'GPU_SECONDS_PER_DAY',
    maximum: 3_600,
  });
  expect(refusal(() => allowances.checkWork('bob'))).toBeNull();
});

test('what was used up is used up after a restart, and goes on to come back while nobody runs', async () => {
  const { clock, allowances, open } = world({ gpuSecondsPerDay: 100, tokensPerMinute: 60 });
  await allowances.start();
  allowances.jobsChanged([change('job_1', 'RUNNING')]);
  clock.advance(200_000);
  allowances.jobsChanged([change('job_1', 'FAILED')]);
  await allowances.stop();
  const next = open();
  await next.start();
  expect(refusal(() => next.checkWork('ann'))?.limit).toBe('GPU_SECONDS_PER_DAY');
  expect(next.of('ann')[1]?.used).toBeCloseTo(200, 0);
  clock.advance(DAY_MS);
  expect(next.of('ann')[1]?.used).toBeCloseTo(100, 0);
  clock.advance(1);
  next.checkWork('ann');
});

test('use is written soon, and not for every job', async () => {
  const { clock, kept, allowances } = world({ tokensPerMinute: 6_000 });
  for (let job = 0; job < 100; job += 1) allowances.answered('ann', tokens(10));
  expect(kept.size).toBe(0);
  clock.advance(5_000);
  expect(kept.get('use')).toMatchObject({ TOKENS_PER_MINUTE: { ann: [1_000, expect.any(Number)] } });
});

test('clients without a limit, and those who make up names, take no room without end', () => {
  const { clock, kept, allowances } = world({}, { tokensPerMinute: 1 });
  allowances.answered('ann', tokens(5));
  for (let name = 0; name < 20_000; name += 1) allowances.answered(`made-up-${name}`, tokens(5));
  clock.advance(5_000);
  const { TOKENS_PER_MINUTE: vessels } = kept.get('use') as { TOKENS_PER_MINUTE: object };
  expect(Object.keys(vessels)).toHaveLength(10_000);
  expect(vessels).not.toHaveProperty('ann');
  expect(allowances.of('ann')).toEqual([]);
});

test('what was kept by hands other than ours is not believed', async () => {
  for (const value of [
    null,
    'x',
    [1],
    { TOKENS_PER_MINUTE: [1], GPU_SECONDS_PER_DAY: { ann: 'much', bob: [1] } },
  ]) {
    const { kept, open } = world({ gpuSecondsPerDay: 1 });
    kept.set('use', value as Json);
    const allowances = open();
    await allowances.start();
    allowances.checkWork('ann');
  }
});
