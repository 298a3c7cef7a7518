/** The evicting baselines on examples worked out by hand: a card of 10 GB, loads of 1 s and a second a GB, unloads of half a second. */
import { describe, expect, test } from 'vitest';
import { fifoLru } from '../../src/simulator/policies/fifo-lru.ts';
import { gdsf } from '../../src/simulator/policies/gdsf.ts';
import { knapsack } from '../../src/simulator/policies/knapsack.ts';
import { type OllamaSettings, ollama, USUAL_OLLAMA } from '../../src/simulator/policies/ollama.ts';
import { ends, loads, model, runOn, SMALL, workload } from './support.ts';

const [a, b, c] = [model('a', 4), model('b', 5), model('c', 5)];

describe('first come, first served with the least recently used evicted', () => {
  test('loads one after the other, and evicts who was used longest ago', () => {
    const history = runOn(fifoLru, workload([a, b, c], [{ model: 'a' }, { model: 'b' }, { model: 'c' }]));
    // a: 0–5 loads, 6 done. b: 5–11 loads, 12 done. c: a goes at 11, is gone at 11.5; loads until 17.5.
    expect(loads(history)).toEqual(['a', 'b', 'c']);
    expect(ends(history)).toEqual([6, 12, 18.5]);
    expect(history.stays[0]).toMatchObject({ unloadMs: 11_000, goneMs: 11_500 });
  });

  test('serves a loaded model past the line, but not one that is to go', () => {
    const history = runOn(
      fifoLru,
      workload(
        [a, b, c],
        [
          { model: 'a', work: 10 },
          { model: 'b', at: 1, work: 10 },
          { model: 'c', at: 2 },
          { model: 'b', at: 11.5, work: 1 },
          { model: 'a', at: 12, work: 1 },
        ],
      ),
    );
    // c waits for a, which is to go at 11, so that a's second job waits behind c although a is there until 20.5.
    expect(loads(history)).toEqual(['a', 'b', 'c', 'a']);
  });
});

test('knapsack evicts the one that is just large enough', () => {
  const [small, large] = [model('small', 2), model('large', 6)];
  const jobs = workload([small, large, b], [{ model: 'small' }, { model: 'large' }, { model: 'b', at: 30 }]);
  const gone = (policy: typeof knapsack) =>
    runOn(policy, jobs).stays.flatMap((stay) => (stay.unloadMs === null ? [] : [stay.model]));
  expect(gone(knapsack)).toEqual(['large']);
  // By age the small one goes first, and the large one as well, since that is not enough.
  expect(gone(fifoLru)).toEqual(['small', 'large']);
});

test('GreedyDual-Size-Frequency keeps what is small and often used', () => {
  const [often, seldom] = [model('often', 4), model('seldom', 4)];
  const jobs = workload(
    [often, seldom, b],
    [
      ...[0, 10, 12, 14].map((at) => ({ model: 'often', at })),
      { model: 'seldom', at: 16 },
      { model: 'b', at: 40 },
    ],
  );
  const gone = (policy: typeof gdsf) =>
    runOn(policy, jobs).stays.flatMap((stay) => (stay.unloadMs === null ? [] : [stay.model]));
  expect(gone(gdsf)).toEqual(['seldom']);
  expect(gone(fifoLru)).toEqual(['often']);
});

describe('Ollama', () => {
  const fresh: OllamaSettings = { ...USUAL_OLLAMA, belief: 'true' };
  // Each takes at most 80 % of what is free.
  const [x, y, z] = [model('x', 4), model('y', 4), model('z', 4)];

  test('admits no further model that takes more than 80 % of what is free', () => {
    const history = runOn(ollama(fresh), workload([a, b], [{ model: 'a' }, { model: 'b' }]));
    // 5 of 6 GB are more: a goes at 6 when its job is done; b loads from 6.5 on.
    expect(ends(history)).toEqual([6, 13.5]);
    expect(ends(runOn(fifoLru, workload([a, b], [{ model: 'a' }, { model: 'b' }])))).toEqual([6, 12]);
  });

  test('lets a steady flow to its victim keep everybody else out', () => {
    const flow = Array.from({ length: 20 }, (_, i) => ({ model: 'x', at: 6 + i, work: 1.5 }));
    const jobs = workload(
      [x, y, z],
      [{ model: 'x' }, { model: 'y', at: 4, work: 100 }, ...flow, { model: 'z', at: 12 }],
    );
    const zEnds = (policy: ReturnType<typeof ollama>) =>
      runOn(policy, jobs).jobs.find(({ job }) => job.model === 'z')?.doneMs ?? 0;
    const alone = { ...fresh, mostLoaded: 2 };
    const flowEndsMs = 27_000;
    expect(zEnds(ollama(alone))).toBeGreaterThan(flowEndsMs);
  });

  test('keeps no more models than it is told to', () => {
    const jobs = workload([x, y], [{ model: 'x' }, { model: 'y' }]);
    expect(ends(runOn(ollama({ ...fresh, mostLoaded: 1 }), jobs))).toEqual([6, 12.5]);
    expect(ends(runOn(ollama(fresh), jobs))).toEqual([6, 11]);
  });

  test('lets idle models go after their keep-alive', () => {
    const jobs = workload([x], [{ model: 'x' }, { model: 'x', at: 100 }]);
    const keeping = (keepAliveMs: number) => loads(runOn(ollama({ ...fresh, keepAliveMs }), jobs)).length;
    expect([keeping(60_000), keeping(120_000)]).toEqual([2, 1]);
  });

  test('stands still for five seconds after most unloads, and does not see what came back, where it goes by frozen records', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ model: ['x', 'y', 'z'][i % 3] ?? '', at: i * 20 }));
    const machine = { ...SMALL, gpuBytes: [10e9] };
    const of = (belief: OllamaSettings['belief']) => {
      const history = runOn(ollama({ ...USUAL_OLLAMA, belief }), workload([x, y, z], many), { machine });
      return history.jobs.reduce((sum, { arrivedMs, doneMs }) => sum + doneMs - arrivedMs, 0);
    };
    expect(of('frozen')).toBeGreaterThan(1.3 * of('true'));
  });
});
