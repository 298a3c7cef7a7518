/** When cells are started to stand ready. */
import { expect, test } from 'vitest';
import { WarmCells } from '../../../src/backend/managed/warm-cells.ts';
import { nextTurn, VirtualClock } from '../../../src/clock.ts';

const PLAN = { gpus: [{ key: 'GPU-0', index: 0 }], config: {} } as never;
const silent = { warn: () => {} } as never;

function ready() {
  const clock = new VirtualClock();
  let starts = 0;
  const starter = {
    async start(plan: unknown) {
      starts += 1;
      const process = { died: new Promise<void>(() => {}) };
      return { plan, key: 'key', role: 'warm', isServing: true, process, end: async () => {} };
    },
  };
  const warm = new WarmCells({
    starter: starter as never,
    perPlace: 1,
    clock,
    logger: silent,
    changed: () => {},
  });
  const pass = async (ms: number) => {
    for (let i = 0; i < 10; i += 1) {
      clock.advance(ms / 10);
      await nextTurn();
    }
  };
  return { warm, pass, starts: () => starts };
}

test('the next one is started when the load that took one has got going, not beside the start of its engine', async () => {
  const { warm, pass, starts } = ready();
  warm.fill(PLAN, 'key');
  await pass(10);
  expect(warm.cells).toHaveLength(1);
  const signal = new AbortController().signal;
  expect(await warm.take('key', signal)).not.toBeNull();
  warm.refill(PLAN, 'key');
  await pass(200);
  expect(starts()).toBe(1);
  expect(warm.take('key', signal)).toBeNull();
  await pass(100);
  expect(starts()).toBe(2);
  expect(warm.cells).toHaveLength(1);
});

test('none is started any more once they are stopped, and the one that was planned is not waited for', async () => {
  const { warm, pass, starts } = ready();
  warm.refill(PLAN, 'key');
  await warm.stop();
  warm.fill(PLAN, 'key');
  await pass(1_000);
  expect(starts()).toBe(0);
});
