/** Loads that run out of memory: what can never be loaded ends and says so, what only met another program is tried again and comes through. */
import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { MemoryWorld, type MemoryWorldOptions, type TruthModel } from './memory-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const M = 'm:latest';
const OTHER = 'other:latest';

type Place = Pick<MemoryWorldOptions, 'mode' | 'cards'>;
const PLACES: readonly (readonly [string, Place])[] = [
  ['attached, one card', { mode: 'ATTACHED', cards: [24 * GiB] }],
  ['attached, two cards', { mode: 'ATTACHED', cards: [24 * GiB, 24 * GiB] }],
  ['managed, one card', { mode: 'MANAGED', cards: [24 * GiB] }],
  ['managed, two cards', { mode: 'MANAGED', cards: [24 * GiB, 24 * GiB] }],
  ['managed, cards of two sizes', { mode: 'MANAGED', cards: [24 * GiB, 8 * GiB] }],
];

const fixed = (estimate: number, truth: number, more: Partial<TruthModel> = {}): TruthModel => ({
  name: M,
  estimate: () => estimate * GiB,
  truth: () => truth * GiB,
  ...more,
});
/** Weights and as many MiB for each 1,024 tokens of all slots, of which the server has `factor` as many as it is taken to have. */
const growing = (
  weights: number,
  mibPerThousand: number,
  factor = 1,
  more: Partial<TruthModel> = {},
): TruthModel => ({
  name: M,
  estimate: (tokens) => weights * GiB + (tokens / 1024) * mibPerThousand * 1024 ** 2,
  truth: (tokens) => weights * GiB + (tokens / 1024) * factor * mibPerThousand * 1024 ** 2,
  ...more,
});
const world = (place: Place, ...models: readonly TruthModel[]) => new MemoryWorld({ ...place, models });

describe.each(PLACES)('%s', (_, place) => {
  const all = place.cards.reduce((sum, bytes) => sum + bytes, 0) / GiB;

  test.each([1, 2, 3])('a model that another program kept out %i times is loaded in the end', (spikes) => {
    const w = world(place, fixed(17, 17));
    w.spikes = spikes;
    w.submit(M, null, 3);
    w.run(5 * MINUTE);
    expect(w).toMatchObject({ completed: 3, unfinished: 0 });
  });

  test.each([1.5, 3])(
    'a model that takes %f times what was estimated, and less than there is, is loaded',
    (times) => {
      const w = world(place, fixed(20 / times, 20), { ...fixed(4, 4), name: OTHER });
      w.submit(OTHER, null, 2);
      w.run(20_000);
      w.submit(M, null, 3);
      w.run(10 * MINUTE);
      expect(w).toMatchObject({ completed: 5, unfinished: 0 });
    },
  );

  test.each([1.2, 3])(
    'a model of which %f times less was estimated than all cards hold and more is needed ends',
    (times) => {
      const w = world(place, fixed(all / times, all + 1), { ...fixed(4, 4), name: OTHER });
      w.submit(M, null, 15);
      w.submit(OTHER, null, 2);
      w.run(10 * MINUTE);
      expect(w).toMatchObject({ completed: 2, unfinished: 0 });
      expect(w.failures).toHaveLength(15);
      expect(w.failures[0]).toMatchObject({ code: 'INSUFFICIENT_VRAM' });
      expect(w.failures[0]?.message).toMatch(
        /ran out of memory \d+ times.*What would help: a smaller contextLength/,
      );
      // What comes later ends, too, without further loads.
      const loads = w.loads.length;
      w.submit(M);
      w.run(2 * MINUTE);
      expect(w.failures).toHaveLength(16);
      expect(w.loads.length).toBe(loads);
    },
  );

  test('what was learned of failures ends: after hours, or a restart of the server, it is tried again', () => {
    let truth = all + 1;
    const w = world(place, { ...fixed(10, 0), truth: () => truth * GiB });
    w.submit(M);
    w.run(30 * MINUTE);
    expect(w.failures).toHaveLength(1);
    truth = 10;
    w.run(2 * HOUR);
    w.submit(M);
    w.run(2 * MINUTE);
    expect(w.completed).toBe(1);
  });

  test('a model that is predicted to be larger than everything ends without a load', () => {
    const w = world(place, fixed(all * 3, all * 3));
    w.submit(M, null, 2);
    w.run(5 * MINUTE);
    expect(w.loads).toEqual([]);
    expect(w.failures.map(({ code }) => code)).toEqual(['INSUFFICIENT_VRAM', 'INSUFFICIENT_VRAM']);
    expect(w.failures[0]?.message).toMatch(/is predicted to take .* What would help/);
  });

  test('a context that is too large shuts out no smaller one', () => {
    // Estimated to fit at 131,072 tokens, it does not.
    const w = world(place, growing(4, (all - 5) * 8, 1.5));
    w.submit(M, 131_072, 2);
    w.submit(M, 4_096, 5);
    w.run(MINUTE);
    expect(w.completed).toBe(5);
    w.run(40 * MINUTE);
    expect(w.failures).toHaveLength(2);
    w.submit(M, 4_096, 1);
    w.run(MINUTE);
    expect(w.completed).toBe(6);
  });

  test('a context that is predicted to be too large shuts out no smaller one', () => {
    const w = world(place, growing(4, all * 8));
    w.submit(M, 131_072, 2);
    w.submit(M, 4_096, 5);
    w.run(20_000);
    expect(w.completed).toBe(5);
    w.run(MINUTE);
    expect(w.failures).toHaveLength(2);
  });

  test('a model that is estimated too low gets more room: residents with nothing to do leave for it', () => {
    const idle = place.cards.map((bytes, card) => ({
      ...fixed(0.7 * (bytes / GiB), 0.7 * (bytes / GiB)),
      name: `idle${card}:latest`,
    }));
    const w = world(place, fixed(2, 22), ...idle);
    for (const { name } of idle) {
      w.submit(name);
      w.run(20_000);
    }
    expect(w.completed).toBe(idle.length);
    w.submit(M);
    w.run(10 * MINUTE);
    expect(w).toMatchObject({ completed: idle.length + 1, unfinished: 0 });
  });

  test('a model that is estimated too low gets all cards when one was not enough', () => {
    const w = world(place, fixed(6, all - 2));
    w.submit(M);
    w.run(10 * MINUTE);
    expect(w).toMatchObject({ completed: 1, unfinished: 0 });
  });

  test('a model that may lie on the CPU in part does so once it did not fit', () => {
    const w = world(place, fixed(all / 2, all * 1.5, { mayOffload: true }));
    w.submit(M, null, 2);
    w.run(10 * MINUTE);
    expect(w).toMatchObject({ completed: 2, unfinished: 0 });
  });
});

test('four slots that nobody knows of: the jobs end, and say so; with a smaller context they run', () => {
  const phi = growing(2.2, 384, 4);
  const w = world({ mode: 'ATTACHED', cards: [8 * GiB] }, phi);
  w.submit(M, null, 15);
  w.run(20 * MINUTE);
  expect(w.failures).toHaveLength(15);
  expect(w.failures[0]?.message).toMatch(/OLLAMA_NUM_PARALLEL/);
  w.submit(M, 2_048, 3);
  w.run(MINUTE);
  expect(w.completed).toBe(3);
});

test.each([
  ['one card', [24 * GiB]],
  ['two cards', [12 * GiB, 12 * GiB]],
])('slots that are ours to choose become fewer until it fits: %s', (_, cards) => {
  const w = world({ mode: 'MANAGED', cards }, growing(10, 768, 2, { slots: [4, 2, 1] }));
  w.submit(M, null, 6);
  w.run(15 * MINUTE);
  expect(w).toMatchObject({ completed: 6, unfinished: 0 });
  expect(w.loads.at(-1)?.slots).toBeLessThan(4);
});

test('another program that stays holds it up, with a reason, and it is loaded when it has gone', () => {
  const w = world({ mode: 'MANAGED', cards: [24 * GiB] }, fixed(10, 17));
  w.foreign[0] = 12 * GiB;
  w.observe();
  w.submit(M);
  w.run(MINUTE);
  expect(w.unfinished).toBe(1);
  w.foreign[0] = 0;
  w.run(MINUTE);
  expect(w.completed).toBe(1);
});

test('a card that is missing for a moment ends nobody', () => {
  const w = world({ mode: 'MANAGED', cards: [24 * GiB, 24 * GiB] }, fixed(40, 40));
  w.foreign[0] = 24 * GiB;
  w.observe();
  w.submit(M);
  w.run(3 * MINUTE);
  expect(w.failures).toEqual([]);
  w.foreign[0] = 0;
  w.run(MINUTE);
  expect(w.completed).toBe(1);
});

test('a restart of the server with other settings makes it possible at once', () => {
  let truth = 30;
  const w = world({ mode: 'ATTACHED', cards: [24 * GiB] }, { ...fixed(10, 0), truth: () => truth * GiB });
  w.submit(M);
  w.run(20 * MINUTE);
  expect(w.failures).toHaveLength(1);
  truth = 10;
  w.restart();
  w.submit(M);
  w.run(MINUTE);
  expect(w.completed).toBe(1);
});
