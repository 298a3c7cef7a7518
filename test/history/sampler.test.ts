/** What is taken down each ten seconds. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SteadyClock, VirtualClock } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Job, JobStatus } from '../../src/domain/job.ts';
import { NO_COUNTS, type Sample, type TimedSample, waitPercentile } from '../../src/domain/sample.ts';
import { Sampler, type Totals } from '../../src/history/sampler.ts';

const START = 1_700_000_003_000;
let clock: VirtualClock;
let steady: SteadyClock;
let sampler: Sampler;
let kept: TimedSample[];
let totals: Totals;
let fails: boolean;
let errors: string[];

const NOTHING: Totals = {
  loads: 0,
  unloads: 0,
  evictions: 0,
  spills: 0,
  loadTimeMs: 0,
  promptTokens: 0,
  completionTokens: 0,
  costMillionths: 0,
  truncatedPrompts: 0,
};

beforeEach(async () => {
  clock = new VirtualClock(START);
  steady = SteadyClock.over(clock);
  [kept, fails, errors] = [[], false, []];
  totals = { ...NOTHING, loads: 7, evictions: 1 };
  sampler = new Sampler({
    store: {
      lifetime: async () => ({ since: 5, counts: { ...NO_COUNTS, completed: 3, loads: 11 } }),
      keep: async (at, sample) => {
        if (fails) throw new Error('The disk is full.');
        kept.push({ at, sample });
      },
    },
    gpus: () => [],
    totals: () => totals,
    jobs: () => ({ waiting: 4, running: 2 }),
    clock: steady,
    logger: { error: (message) => void errors.push(message) },
  });
  await sampler.start();
});
afterEach(() => sampler.stop());

const job = (status: JobStatus, over: Partial<Job> = {}): Job =>
  ({ id: 'job_1' as JobId, client: 'alice', status, createdAt: START, startedAt: START, ...over }) as Job;

function change(previousStatus: JobStatus | null, status: JobStatus, over: Partial<Job> = {}): void {
  sampler.jobsChanged([{ job: job(status, over), previousStatus }]);
}

async function after(ms: number): Promise<readonly TimedSample[]> {
  clock.advance(ms);
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  return kept;
}

const busy = ({ sample }: { readonly sample: Sample }) =>
  sample.clients.map(({ client, busyMs }) => [client, busyMs]);

test('A sample has what has been since the last one, and is of the ten seconds that are over', async () => {
  change(null, 'PENDING');
  change('PENDING', 'RUNNING', { startedAt: START + 1_000 });
  change('RUNNING', 'COMPLETE');
  change(null, 'PENDING', { id: 'job_2' as JobId });
  change('PENDING', 'CANCELLED', { id: 'job_2' as JobId });
  change('RUNNING', 'FAILED', { id: 'job_3' as JobId });
  totals = { ...NOTHING, loads: 9, evictions: 1, promptTokens: 30, completionTokens: 5, loadTimeMs: 700 };
  const [first] = await after(7_000);
  expect(first).toMatchObject({
    at: 1_700_000_000_000,
    sample: {
      counts: {
        submitted: 2,
        completed: 1,
        failed: 1,
        cancelled: 1,
        loads: 2,
        evictions: 0,
        promptTokens: 30,
        completionTokens: 5,
      },
      waiting: 4,
      running: 2,
    },
  });
  if (first) expect(waitPercentile(first.sample, 0.5)).toBeGreaterThan(950);
  const [, second] = await after(10_000);
  expect(second).toMatchObject({
    at: 1_700_000_010_000,
    sample: { counts: { submitted: 0, completed: 0, loads: 0, promptTokens: 0 }, waits: [], clients: [] },
  });
});

test('Slot time counts in the time in which it was used, also of a job that runs on', async () => {
  change('PENDING', 'RUNNING');
  expect((await after(7_000)).map(busy)).toEqual([[['alice', 7_000]]]);
  await after(10_000);
  clock.advance(3_000);
  change('RUNNING', 'PENDING');
  await after(7_000);
  expect(kept.map(busy).slice(1)).toEqual([[['alice', 10_000]], [['alice', 3_000]]]);
  expect((await after(10_000)).map(busy).at(-1)).toEqual([]);
});

test('The end of a server writes what has been since the last sample', async () => {
  change(null, 'PENDING');
  clock.advance(500);
  await sampler.stop();
  expect(kept).toMatchObject([{ at: 1_700_000_000_000, sample: { counts: { submitted: 1 } } }]);
});

test('Neither a jump of the clock, nor a pause, nor a disk that is full is more than a gap', async () => {
  await after(7_000);
  clock.jump(-3_600_000);
  change('PENDING', 'RUNNING');
  await after(10_000);
  clock.jump(2 * 86_400_000);
  await after(10_000);
  expect(kept.map(({ at }) => at)).toEqual([1_700_000_000_000, 1_700_000_010_000, 1_700_000_020_000]);
  expect(kept.slice(1).map(busy)).toEqual([[['alice', 10_000]], [['alice', 10_000]]]);
  clock.sleep(600_000);
  await after(10_000);
  expect(kept.at(-1)?.at).toBeGreaterThanOrEqual(1_700_000_030_000 + 590_000);
  fails = true;
  await after(10_000);
  expect(errors).toHaveLength(1);
  fails = false;
  const before = kept.length;
  await after(10_000);
  expect(kept).toHaveLength(before + 1);
});

test('What has ever been counted is what was kept and what was counted since, at any time', async () => {
  change(null, 'PENDING');
  change('PENDING', 'RUNNING');
  change('RUNNING', 'COMPLETE');
  totals = { ...totals, loads: 8, spills: 1 };
  const all = { since: 5, counts: { ...NO_COUNTS, submitted: 1, completed: 4, loads: 12, spills: 1 } };
  expect(sampler.lifetime).toEqual(all);
  await after(10_000);
  expect(kept).toHaveLength(1);
  expect(sampler.lifetime).toEqual(all);
  totals = { ...totals, spills: 2 };
  expect(sampler.lifetime.counts.spills).toBe(2);
});
