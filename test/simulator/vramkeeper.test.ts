import { describe, expect, test } from 'vitest';
import { SERVER_KINDS } from '../../src/simulator/policies/contender.ts';
import { vramkeeper } from '../../src/simulator/policies/vramkeeper.ts';
import { loads, model, runOn, workload } from './support.ts';

const [a, b, c] = [model('a:latest', 4), model('b:latest', 5), model('c:latest', 5)];

describe.each(SERVER_KINDS)('the real scheduler on a simulated server that is %s', (server) => {
  const jobs = workload(
    [a, b, c],
    Array.from({ length: 60 }, (_, i) => ({ model: [a, b, c][i % 3]?.name ?? '' })),
  );

  test('does every job, and loads each model of a backlog once', () => {
    const history = runOn(vramkeeper(), jobs, { server });
    expect(history.jobs).toHaveLength(60);
    expect(loads(history).toSorted()).toEqual([a.name, b.name, c.name]);
    expect(history.decisionMs.length).toBeGreaterThan(60);
  });

  test('does the same with the same seed', () => {
    const times = () =>
      runOn(vramkeeper(), jobs, { server }).jobs.map(({ job, doneMs }) => [job.number, doneMs]);
    expect(times()).toEqual(times());
  });

  test('serves who is urgent first', () => {
    const mixed = workload(
      [a],
      Array.from({ length: 20 }, (_, i) => ({
        model: a.name,
        work: 2,
        priority: i % 2 ? ('HIGH' as const) : ('LOW' as const),
      })),
    );
    const { jobs: done } = runOn(vramkeeper(), mixed, { server });
    expect(done.slice(0, 10).every(({ job }) => job.priority === 'HIGH')).toBe(true);
  });
});
