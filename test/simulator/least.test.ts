import { describe, expect, test } from 'vitest';
import { boundsOf } from '../../src/simulator/figures/bounds.ts';
import { figuresOf } from '../../src/simulator/figures/figures.ts';
import { leastMs } from '../../src/simulator/figures/least.ts';
import { fifoLru } from '../../src/simulator/policies/fifo-lru.ts';
import { vramkeeper } from '../../src/simulator/policies/vramkeeper.ts';
import { model, runOn, SMALL, workload } from './support.ts';

const [a, b] = [model('a:latest', 4), model('b:latest', 8)];
const models = [a, b];

describe('what a job takes at least that alone is in a hurry, worked out by hand', () => {
  const stay = (name: string, readyMs: number, unloadMs: number | null = null) => ({
    model: name,
    gpus: [0],
    loadStartedMs: 0,
    readyMs,
    unloadMs,
    goneMs: unloadMs === null ? null : unloadMs + 500,
  });
  const job = (name: string, arrivedMs: number, startedMs: number, doneMs: number) => ({
    job: workload(models, [{ model: name, work: 2 }]).jobs[0] ?? expect.fail(),
    arrivedMs,
    startedMs,
    doneMs,
    foreseenMs: null,
  });
  const running = [job('a:latest', 0, 5_000, 20_000), job('a:latest', 0, 6_000, 30_000)];
  const least = (stays: readonly ReturnType<typeof stay>[], one: ReturnType<typeof job>) =>
    leastMs({ jobs: [...running, one], stays, models, machine: SMALL }).at(-1);

  test.each([
    ['its model has a free slot', 'a:latest', 5_500, 2_000],
    ['all slots of its model are taken: the first to be free', 'a:latest', 10_000, 10_000 + 2_000],
    ['its model still loads', 'a:latest', 3_000, 2_000 + 2_000],
    [
      'there is no room: the last job of who leaves, and the load',
      'b:latest',
      10_000,
      20_000 + 9_000 + 2_000,
    ],
    ['who has nothing to do leaves at once', 'b:latest', 40_000, 9_000 + 2_000],
  ])('%s', (_, name, at, expected) => {
    expect(least([stay('a:latest', 5_000)], job(name, at, 90_000, 95_000))).toBe(expected);
  });

  test('there is room beside what runs', () => {
    const small = { ...stay('a:latest', 5_000), gpus: [] };
    expect(least([small], job('b:latest', 10_000, 90_000, 95_000))).toBe(9_000 + 2_000);
  });

  test('its model is on its way out', () => {
    const rest = least([stay('a:latest', 5_000, 10_000)], job('a:latest', 10_100, 90_000, 95_000));
    expect(rest).toBe(5_000 + 2_000);
  });
});

describe('the starts that are foreseen as jobs come', () => {
  const jobs = workload(
    [a, b],
    Array.from({ length: 65 }, (_, i) => ({ model: i % 2 ? a.name : b.name, at: 4 * i, work: 3 })),
  );
  const errorOf = (history: ReturnType<typeof runOn>) =>
    figuresOf(history, boundsOf(jobs, SMALL, 'managed'), { workload: 'test', policy: 'one', seed: 1 })
      .startErrorP50Seconds;

  test('are told beside those that came true', () => {
    const history = runOn(vramkeeper(), jobs);
    const foreseen = history.jobs.filter(({ foreseenMs }) => foreseenMs !== null);
    expect(foreseen.length).toBeGreaterThan(1);
    const errors = foreseen.map(
      ({ foreseenMs, startedMs }) => Math.abs((foreseenMs ?? 0) - startedMs) / 1_000,
    );
    expect(errors.toSorted((x, y) => x - y)[Math.ceil(errors.length / 2) - 1]).toBe(errorOf(history));
  });

  test('are none where nobody foresees any', () => {
    expect(errorOf(runOn(fifoLru, jobs))).toBeNull();
  });
});
