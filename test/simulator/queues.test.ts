/** Policies with queues of their own, on examples worked out by hand: a card of 10 GB, loads of 1 s and a second a GB, unloads of ½ s. */
import { describe, expect, test } from 'vitest';
import { clairvoyant } from '../../src/simulator/policies/clairvoyant.ts';
import type { ContenderFactory } from '../../src/simulator/policies/contender.ts';
import { roundRobin } from '../../src/simulator/policies/round-robin.ts';
import { single } from '../../src/simulator/policies/single.ts';
import { ends, loads, model, runOn, SMALL, workload } from './support.ts';

const [a, b, c] = [model('a', 6), model('b', 6), model('c', 6)];
const each = (name: string, count: number, at = 0) =>
  Array.from({ length: count }, () => ({ model: name, at, work: 2 }));

test('round robin goes round, and stays with each until its queue is empty', () => {
  const jobs = workload([a, b, c], [...each('b', 2), ...each('c', 1), ...each('a', 3)]);
  const history = runOn(roundRobin, jobs);
  expect(loads(history)).toEqual(['a', 'b', 'c']);
  // a: loads until 7, its two slots at half speed until 11, the third job until 13. b: from 13.5, loads until 20.5, done 24.5. c: 32, 34.
  expect(ends(history)).toEqual([24.5, 24.5, 34, 11, 11, 13]);
});

test('round robin takes whose turn is farthest for who comes next', () => {
  const [d, e] = [model('d', 3), model('e', 3)];
  const jobs = workload(
    [d, e, a],
    [{ model: 'd' }, { model: 'e', at: 0.1 }, { model: 'a', at: 20 }, { model: 'd', at: 40 }],
  );
  // When a comes it is its turn: d is next after it, so e goes. Then d is still there.
  expect(loads(runOn(roundRobin, jobs))).toEqual(['d', 'e', 'a']);
});

test('one model at a time goes on with the longest queue, although two would fit', () => {
  const [d, e] = [model('d', 3), model('e', 3)];
  const jobs = workload([d, e], [...each('d', 1), ...each('e', 2)]);
  const history = runOn(single, jobs);
  expect(loads(history)).toEqual(['e', 'd']);
  expect(history.stays[0]?.goneMs).toBeLessThanOrEqual(history.stays[1]?.loadStartedMs ?? 0);
});

describe('who knows the future', () => {
  const gone = (policy: ContenderFactory, jobs: ReturnType<typeof workload>) =>
    runOn(policy, jobs).stays.flatMap((stay) => (stay.unloadMs === null ? [] : [stay.model]));

  test('takes the one that nobody will ask for', () => {
    const [d, e] = [model('d', 4), model('e', 4)];
    const coming = Array.from({ length: 8 }, (_, i) => ({ model: 'd', at: 16 + i }));
    const jobs = workload(
      [d, e, model('f', 4)],
      [{ model: 'd' }, { model: 'e' }, { model: 'f', at: 15 }, ...coming],
    );
    // Which of the two was used last changes nothing.
    expect(gone(clairvoyant, jobs)).toEqual(['e']);
  });

  test('does not leave a long queue for a short one', () => {
    const jobs = workload([a, b], [...each('a', 40), ...each('b', 1, 8)]);
    const [first, second] = runOn(clairvoyant, jobs).stays;
    const servedByThen = runOn(clairvoyant, jobs).jobs.filter(
      ({ job, doneMs }) => job.model === 'a' && doneMs <= (second?.loadStartedMs ?? 0),
    ).length;
    expect(first?.model).toBe('a');
    expect(servedByThen).toBeGreaterThan(20);
  });

  test('uses two cards', () => {
    const jobs = workload([a, b], [...each('a', 2), ...each('b', 2)]);
    const history = runOn(clairvoyant, jobs, { machine: { ...SMALL, gpuBytes: [10e9, 10e9] } });
    expect(history.stays.flatMap(({ gpus }) => gpus).toSorted()).toEqual([0, 1]);
  });
});

test('on an attached server they are served, too, whatever it evicts by itself', () => {
  const models = [model('a', 3), model('b', 3), model('c', 3), model('d', 4)];
  const jobs = workload(
    models,
    Array.from({ length: 80 }, (_, i) => ({ model: 'abcd'[(i * 7) % 4] ?? '', at: i })),
  );
  for (const policy of [roundRobin, single, clairvoyant])
    expect(runOn(policy, jobs, { server: 'attached' }).jobs).toHaveLength(80);
});
