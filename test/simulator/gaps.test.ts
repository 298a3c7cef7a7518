/** Figures of single waits and of loads that came back, beside what was worked out by hand. */
import { describe, expect, test } from 'vitest';
import { loadedAgainWithin, serviceGapMs } from '../../src/simulator/figures/gaps.ts';

const record = (client: string, arrivedMs: number, startedMs: number) => ({
  job: { number: 0, model: 'a', client, priority: 'NORMAL' as const, workMs: 1, arrivalMs: 0, after: null },
  arrivedMs,
  startedMs,
  doneMs: startedMs + 1,
  foreseenMs: null,
  leastMs: 0,
});

describe('the longest time without service', () => {
  test.each([
    ['of nobody', [], 0],
    ['of one job is its wait', [record('x', 10, 40)], 30],
    ['counts from the last start', [record('x', 0, 40), record('x', 0, 90)], 50],
    ['does not count while nobody waits', [record('x', 0, 10), record('x', 500, 505)], 10],
    ['is each client’s own', [record('x', 0, 100), record('y', 0, 50), record('y', 0, 60)], 100],
    ['goes by jobs that were started out of order', [record('x', 0, 60), record('x', 20, 30)], 30],
  ])('%s', (_, jobs, gap) => {
    expect(serviceGapMs(jobs)).toBe(gap);
  });
});

test('loads of models that had just left are counted', () => {
  const stay = (model: string, loadStartedMs: number, unloadMs: number | null) => {
    return { model, gpus: [0], loadStartedMs, readyMs: loadStartedMs, unloadMs, goneMs: unloadMs };
  };
  const stays = [
    stay('a', 0, 10),
    stay('b', 5, 20),
    stay('a', 70, 80),
    stay('b', 90, null),
    stay('a', 141, null),
  ];
  expect(loadedAgainWithin(stays, 60)).toBe(1);
  expect(loadedAgainWithin(stays, 61)).toBe(2);
  expect(loadedAgainWithin(stays, 70)).toBe(3);
});
