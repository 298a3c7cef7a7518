/** Lists whose length callers choose: two hundred thousand clients wait, which is more than the arguments that a call may have. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { Bucket } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { append, greatest, least } from '../../src/domain/long-lists.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MANY = 200_000;
const MODEL = 'a:latest';

/** One job of each client, longer ago than any of them may wait. */
function waiting(): readonly Bucket[] {
  return Array.from({ length: MANY }, (_, i) => ({
    queue: queueKey({ model: MODEL, contextLength: null }),
    priority: JOB_PRIORITIES[i % JOB_PRIORITIES.length] ?? 'LOW',
    client: `client ${i}`,
    count: 1,
    createdAtSum: i,
    oldestCreatedAt: i,
  }));
}

describe('jobs of two hundred thousand clients', () => {
  it.each(['ATTACHED', 'MANAGED'] as const)('are decided on, on a server that is %s', (mode) => {
    const models = [{ name: MODEL, bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000 }];
    const world = new SimulatedWorld({ models, random: seededRandom(1), mode });
    world.clock.advance(3_600_000);
    world.backlog.apply(waiting(), 0);
    world.submit(MODEL, 'HIGH');
    world.run(1);
    expect(world.loads).toEqual([MODEL]);
    expect(world.violations).toEqual([]);
  });
});

describe('the least, the greatest and the whole of a long list', () => {
  it('are found as by spreading a short one', () => {
    const numbers = Array.from({ length: MANY }, (_, i) => i);
    expect([least(numbers), greatest(numbers)]).toEqual([0, MANY - 1]);
    expect([least([]), greatest([])]).toEqual([Math.min(), Math.max()]);
    expect([least([1, Number.NaN]), greatest([1, Number.NaN])]).toEqual([Number.NaN, Number.NaN]);
    const list = [-1];
    expect(append(list, numbers)).toBe(MANY + 1);
    expect(list.at(-1)).toBe(MANY - 1);
  });
});
