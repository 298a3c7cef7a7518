/** Readings of GPUs that are slow, fail, or show one card less. */
import { describe, expect, test } from 'vitest';
import { nextTurn, systemClock, VirtualClock } from '../../src/clock.ts';
import type { GpuProbe, GpuReading } from '../../src/domain/gpu.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { GiB } from '../../src/domain/units.ts';
import { createFixedProbe } from '../../src/monitor/fixed-probe.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { createMonitor } from '../../src/monitor/monitor.ts';

const ID = stableId('bkd', 'box');

/** A backend that answers at once, and GPUs whose readings a test gives one by one, in virtual time. */
function world() {
  const clock = new VirtualClock();
  const seen: BackendObservation[] = [];
  const said: [string, unknown][] = [];
  const asked: PromiseWithResolvers<readonly GpuReading[]>[] = [];
  const probe = {
    kind: 'nvidia',
    lagMs: 0,
    problem: null as string | null,
    start: async () => {},
    stop: async () => {},
    read: () => {
      const question = Promise.withResolvers<readonly GpuReading[]>();
      asked.push(question);
      return question.promise;
    },
  } satisfies GpuProbe;
  const say = (text: string, details?: unknown) => void said.push([text, details]);
  const backend = {
    id: ID,
    name: 'box',
    inspect: async () => ({ version: '0.33.0', residents: [], host: null }),
    library: { list: async () => [] },
  };
  const monitor = createMonitor({
    backends: [{ backend, probe }],
    clock,
    onReading: (_id, observation) => seen.push(observation),
    logger: { info: say, warn: say, error: say },
  });
  return {
    monitor,
    seen,
    said,
    probe,
    questions: () => asked.length,
    async advance(ms: number) {
      clock.advance(ms);
      await nextTurn();
    },
    async answer(reading: readonly GpuReading[] | Error) {
      const question = asked.shift();
      if (!question) throw new Error('Nobody asks.');
      if (reading instanceof Error) question.reject(reading);
      else question.resolve(reading);
      await nextTurn();
    },
  };
}

const cards = (...keys: readonly string[]) =>
  createFixedProbe({
    gpus: keys.map((name, index) => ({ index, totalBytes: GiB, name })),
    clock: systemClock,
  })
    .read()
    .then((gpus) => gpus.map((gpu, i) => ({ ...gpu, key: keys[i] ?? '' })));

describe('a watched GPU', () => {
  test('whose driver is not ready makes its backend degraded, is logged once, and is read again', async () => {
    const { monitor, seen, said, advance, answer } = world();
    await monitor.start();
    await nextTurn();
    for (let failures = 0; failures < 3; failures += 1) {
      await answer(new GpuProbeError('The driver is not ready.'));
      expect(seen.at(-1)).toMatchObject({
        health: 'DEGRADED',
        problem: 'The driver is not ready.',
        gpus: null,
      });
      await advance(2_000);
    }
    expect(said).toEqual([
      ['The GPUs of a backend are not all well', { backend: 'box', problem: 'The driver is not ready.' }],
    ]);
    await answer(await cards('a'));
    expect(seen.at(-1)).toMatchObject({ health: 'HEALTHY', problem: null, gpus: [{ key: 'a' }] });
    expect(said.at(-1)?.[0]).toBe('The GPUs of a backend are well again');
    await monitor.stop();
  });

  test('that is read slowly holds up neither its server nor whoever pokes, and its reading counts when it comes', async () => {
    const { monitor, seen, said, questions, advance, answer } = world();
    await monitor.start();
    await advance(3_000);
    expect(seen.at(-1)).toMatchObject({ health: 'DEGRADED', gpus: null, residents: [] });
    expect(seen.at(-1)?.problem).toMatch(/not been read yet/);
    let isAnswered = false;
    void monitor.poke(ID).then(() => {
      isAnswered = true;
    });
    await advance(3_000);
    expect(isAnswered).toBe(true);
    expect(questions()).toBe(1);
    await advance(500);
    await answer(await cards('a'));
    await advance(2_000);
    expect(seen.at(-1)).toMatchObject({ health: 'HEALTHY', gpus: [{ key: 'a' }] });
    // Two seconds of pause and more than six of reading: only after three times that is one too old.
    expect(seen.at(-1)?.gpuIntervalMs).toBeGreaterThan(2_000 + 6_000);
    expect(said).toHaveLength(2);
    await monitor.stop();
  });

  test('that was read before and is read slowly now keeps its backend healthy', async () => {
    const { monitor, seen, advance, answer } = world();
    await monitor.start();
    await nextTurn();
    await answer(await cards('a'));
    await advance(2_000);
    await advance(3_000);
    expect(seen.at(-1)).toMatchObject({ health: 'HEALTHY', gpus: null });
    await monitor.stop();
  });

  test.each([
    ['vanishes', ['a', 'b'], ['a'], /GPU 1 \(b\) is no longer there/],
    ['vanishes with all others', ['a', 'b'], [], /GPU 0 \(a\), GPU 1 \(b\) are no longer there/],
    ['is cut into slices', ['a', 'b'], ['a', 'b/1', 'b/2'], null],
    ['is whole again', ['a/3', 'a/4'], ['a'], null],
    ['loses one of its slices', ['a/3', 'a/4'], ['a/3'], null],
    ['gets company', ['a'], ['a', 'b'], null],
  ])('that %s is told of where it is missing', async (_case, before, after, problem) => {
    const { monitor, seen, advance, answer } = world();
    await monitor.start();
    await nextTurn();
    await answer(await cards(...before));
    expect(seen.at(-1)?.problem).toBeNull();
    await advance(2_000);
    await answer(await cards(...after));
    expect(seen.at(-1)).toMatchObject({ gpus: after.map((key) => ({ key })) });
    if (problem === null) expect(seen.at(-1)).toMatchObject({ health: 'HEALTHY', problem: null });
    else expect(seen.at(-1)).toMatchObject({ health: 'DEGRADED', problem: expect.stringMatching(problem) });
    await advance(2_000);
    await answer(await cards(...before));
    expect(seen.at(-1)?.problem ?? '').not.toMatch(/GPU 0/);
    await monitor.stop();
  });

  test('that its probe calls broken makes the backend degraded while the others are used', async () => {
    const { monitor, seen, probe, answer } = world();
    probe.problem = 'GPU 1 is lost.';
    await monitor.start();
    await nextTurn();
    await answer(await cards('a'));
    expect(seen.at(-1)).toMatchObject({
      health: 'DEGRADED',
      problem: 'GPU 1 is lost.',
      gpus: [{ key: 'a' }],
    });
    await monitor.stop();
  });
});
