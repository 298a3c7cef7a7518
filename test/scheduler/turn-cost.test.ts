/** What a turn looks at, counted: it must not grow by clients times slots, nor by instances times models. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog, type Bucket } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { MinHeap } from '../../src/domain/min-heap.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { DemandByWeights } from '../../src/scheduler/decide/by-weights.ts';
import { claimOrder } from '../../src/scheduler/decide/claim-order.ts';
import type { Demand, LoadOption } from '../../src/scheduler/decide/snapshot.ts';

test.each([1_000, 64_000])(
  'the jobs for 8 slots are chosen among %i clients by looking at a few of them',
  (clients) => {
    const backlog = new Backlog();
    const queue = queueKey({ model: 'a:latest', contextLength: null });
    const bucket = (i: number): Bucket => ({
      queue,
      priority: JOB_PRIORITIES[i % JOB_PRIORITIES.length] ?? 'LOW',
      client: `client ${i}`,
      count: 2,
      createdAtSum: 2 * i,
      oldestCreatedAt: i,
    });
    backlog.apply(
      Array.from({ length: clients }, (_, i) => bucket(i)),
      0,
    );
    let service = VersionedMap.of<string, number>();
    const now = 10 * 3_600_000;
    const choose = () => claimOrder(backlog.queues(), new Map(), service, 8, 2, now);
    const { overdue, usual } = choose();
    expect([overdue.length, usual.length]).toEqual([2, 6]);
    let looks = 0;
    const get = VersionedMap.prototype.get;
    VersionedMap.prototype.get = function (this: never, key) {
      looks += 1;
      return get.call(this, key);
    };
    try {
      for (let turn = 0; turn < 10; turn += 1) {
        backlog.apply([{ ...bucket(turn), count: 1 }], 0);
        service = service.with(`client ${turn}`, turn);
        choose();
      }
    } finally {
      VersionedMap.prototype.get = get;
    }
    expect(looks).toBeLessThan(10 * 100);
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
