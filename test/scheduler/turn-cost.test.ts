/** What a turn looks at, counted: it must not grow by clients times slots, nor by instances times models. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bucket } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { DemandByWeights } from '../../src/scheduler/decide/by-weights.ts';
import { claimOrder } from '../../src/scheduler/decide/claim-order.ts';
import { MinHeap } from '../../src/scheduler/decide/min-heap.ts';
import type { Demand, LoadOption } from '../../src/scheduler/decide/snapshot.ts';

const NOW = 1_000_000;

/** One job of each client. `looks` counts how often a bucket was looked at. */
function countedBuckets(clients: number) {
  const counter = { looks: 0 };
  const buckets = Array.from(
    { length: clients },
    (_, i): Bucket => ({
      queue: queueKey({ model: 'a:latest', contextLength: null }),
      get priority() {
        counter.looks += 1;
        return JOB_PRIORITIES[i % JOB_PRIORITIES.length] ?? 'LOW';
      },
      client: `client ${i}`,
      count: 1,
      createdAtSum: i,
      oldestCreatedAt: i,
    }),
  );
  return { buckets, counter };
}

test.each([1_000, 8_000])(
  'the jobs for 64 slots are chosen in one pass over the buckets of %i clients',
  (clients) => {
    const { buckets, counter } = countedBuckets(clients);
    const { overdue, usual } = claimOrder(buckets, new Map(), 64, 16, NOW);
    expect([overdue.length, usual.length]).toEqual([16, 48]);
    // One look for each of the two ranks, and a few for each pick.
    expect(counter.looks).toBeLessThan(2 * clients + 64 * 10);
  },
);

test('what an instance serves is found without looking at other models', () => {
  const counter = { looks: 0 };
  const optionOf = (weights: string) =>
    ({
      backendId: 'bkd_a',
      get variant() {
        counter.looks += 1;
        return { weights, contextLength: 4_096, options: {} };
      },
    }) as unknown as LoadOption;
  const names = Array.from({ length: 500 }, (_, i) => `model ${i}`);
  const demand = names.map((name) => ({ options: [optionOf(name)] }) as unknown as Demand);
  const byWeights = new DemandByWeights(demand);
  for (const [i, weights] of names.entries())
    expect(
      byWeights.servable({
        backendId: 'bkd_a',
        variant: { weights, contextLength: 8_192, options: {} },
      } as never),
    ).toEqual([demand[i]]);
  expect(counter.looks).toBeLessThan(10 * names.length);
});

test('a heap gives everything in order, whatever was pushed meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, later) => {
      const heap = new MinHeap([...first], (a, b) => a < b);
      for (const number of later) heap.push(number);
      const out = Array.from({ length: first.length + later.length }, () => heap.pop());
      expect(out).toEqual([...first, ...later].sort((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

test('the order by a heap is that of choosing the most urgent again for each slot', () => {
  const bucket = fc.record({
    queue: fc.constantFrom(
      ...['a:latest', 'b:latest'].map((model) => queueKey({ model, contextLength: null })),
    ),
    priority: fc.constantFrom(...JOB_PRIORITIES),
    client: fc.constantFrom('x', 'y', 'z'),
    count: fc.integer({ min: 0, max: 4 }),
    createdAtSum: fc.constant(0),
    oldestCreatedAt: fc.integer({ min: 0, max: 20 }),
  });
  const buckets = fc.uniqueArray(bucket, {
    selector: ({ queue, priority, client }) => `${queue} ${priority} ${client}`,
  });
  const service = fc.record({ x: fc.nat(3), y: fc.nat(3), z: fc.nat(3) });
  fc.assert(
    fc.property(buckets, service, fc.nat(10), (waiting, used, slots) => {
      const served = new Map(Object.entries(used));
      const { usual } = claimOrder(waiting, served, slots, 0, NOW);
      const picks = usual.flatMap(({ count, ...pick }) => Array.from({ length: count }, () => pick));
      expect(picks).toEqual(oneByOne(waiting, served, slots));
    }),
  );
});

/** The rule itself: by priority, then least service, then age, then place; each pick is a second of service. */
function oneByOne(waiting: readonly Bucket[], service: Map<string, number>, slots: number) {
  const left = waiting.map((bucket) => ({ bucket, count: bucket.count }));
  const picks: Pick<Bucket, 'queue' | 'priority' | 'client'>[] = [];
  while (picks.length < slots) {
    const [next] = left
      .filter(({ count }) => count > 0)
      .sort(
        ({ bucket: a }, { bucket: b }) =>
          JOB_PRIORITIES.indexOf(a.priority) - JOB_PRIORITIES.indexOf(b.priority) ||
          (service.get(a.client) ?? 0) - (service.get(b.client) ?? 0) ||
          (a.oldestCreatedAt ?? 0) - (b.oldestCreatedAt ?? 0),
      );
    if (!next) break;
    next.count -= 1;
    const { queue, priority, client } = next.bucket;
    service.set(client, (service.get(client) ?? 0) + 1);
    picks.push({ queue, priority, client });
  }
  return picks;
}
