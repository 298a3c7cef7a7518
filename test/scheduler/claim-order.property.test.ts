/** The kept order of clients decides as the rule itself does, whatever has happened before: jobs come and go, clients are charged and forgotten. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog, type Bucket, bucketId } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { claimOrder } from '../../src/scheduler/decide/claim-order.ts';
import { OVERDUE_MS } from '../../src/scheduler/decide/constants.ts';
import { orderOf } from '../../src/scheduler/decide/queue-order.ts';
import { plainClaimOrder } from './plain-claim-order.ts';

const QUEUES = ['a:latest', 'b:latest'].map((model) => queueKey({ model, contextLength: null }));
const client = fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z');
/** About the time in which jobs become overdue. */
const instant = fc.integer({ min: 0, max: 8 }).map((part) => (part * OVERDUE_MS.LOW) / 4);

const change = fc.oneof(
  fc.record({
    kind: fc.constant('bucket' as const),
    queue: fc.constantFrom(...QUEUES),
    priority: fc.constantFrom(...JOB_PRIORITIES),
    client,
    count: fc.integer({ min: 0, max: 3 }),
    at: instant,
  }),
  fc.record({ kind: fc.constant('charge' as const), client, seconds: fc.nat(3) }),
  fc.record({ kind: fc.constant('forget' as const), client }),
  fc.record({
    kind: fc.constant('choose' as const),
    slots: fc.nat(8),
    overdueSlots: fc.nat(3),
    now: instant,
    /** Else it is not asked who is overdue, when no slots are for them. */
    looks: fc.boolean(),
    taken: fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 3 })), { maxLength: 2 }),
    claimed: fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 3 })), { maxLength: 2 }),
  }),
);

test('jobs are chosen, and sums are told, as by looking at all buckets', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const backlog = new Backlog();
      const waiting = new Map<string, Bucket>();
      let service = VersionedMap.of<string, number>();
      for (const each of changes) {
        if (each.kind === 'charge')
          service = service.with(each.client, (service.get(each.client) ?? 0) + each.seconds);
        else if (each.kind === 'forget') service = service.without(each.client);
        else if (each.kind === 'bucket') {
          const { queue, priority, count, at } = each;
          const bucket = {
            queue,
            priority,
            client: each.client,
            count,
            createdAtSum: at * count,
            oldestCreatedAt: count ? at : null,
          };
          backlog.apply([bucket], 0);
          if (count > 0) waiting.set(bucketId(bucket), bucket);
          else waiting.delete(bucketId(bucket));
        } else {
          const { slots, overdueSlots, now } = each;
          const all = [...waiting.values()];
          const some = (of: readonly (readonly [number, number])[]) =>
            new Map(
              of.flatMap(([i, count]) => {
                const bucket = all[i];
                return bucket ? [[bucketId(bucket), Math.min(count, bucket.count)] as const] : [];
              }),
            );
          const [taken, claimed] = [some(each.taken), some(each.claimed)];
          const backlogs = QUEUES.flatMap((queue) => backlog.queue(queue) ?? []);
          const chosen = claimOrder(
            backlogs.map((one) => ({ ...one, claimed })),
            taken,
            service,
            slots,
            overdueSlots,
            now,
          );
          const open = QUEUES.flatMap((queue) => all.filter((bucket) => bucket.queue === queue)).map(
            (bucket) => {
              const id = bucketId(bucket);
              return { ...bucket, count: bucket.count - (taken.get(id) ?? 0) - (claimed.get(id) ?? 0) };
            },
          );
          const inOne = (picks: typeof chosen.usual) =>
            picks.flatMap(({ count, ...pick }) => Array.from({ length: count }, () => pick));
          const served = new Map(service.entries());
          expect({ overdue: inOne(chosen.overdue), usual: inOne(chosen.usual) }).toEqual(
            plainClaimOrder(open, served, slots, overdueSlots, now),
          );
          for (const { queue, byPriority, buckets } of backlogs) {
            const own = all.filter((bucket) => bucket.queue === queue);
            expect(buckets.size).toBe(own.length);
            if (each.looks) {
              const cursor = orderOf({ queue, buckets } as never, service).overdue(now);
              const services = own
                .filter((one) => (one.oldestCreatedAt ?? 0) + OVERDUE_MS[one.priority] <= now)
                .map((one) => served.get(one.client) ?? 0);
              expect(cursor.next()?.service ?? Number.POSITIVE_INFINITY).toBe(Math.min(...services));
              cursor.close();
            }
            for (const priority of JOB_PRIORITIES) {
              const those = own.filter((bucket) => bucket.priority === priority);
              expect(byPriority[priority]).toEqual({
                count: those.reduce((sum, { count }) => sum + count, 0),
                createdAtSum: those.reduce((sum, { createdAtSum }) => sum + createdAtSum, 0),
                oldestCreatedAt: those.length
                  ? Math.min(...those.map((one) => one.oldestCreatedAt ?? 0))
                  : null,
              });
            }
          }
          expect(new Set([...backlog.clients.entries()].map(([name]) => name))).toEqual(
            new Set(all.map((one) => one.client)),
          );
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test('an older map stays what it was, and knows what has changed since', () => {
  const steps = fc.array(fc.tuple(fc.nat(3), fc.option(fc.nat(3), { nil: undefined })), { maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.nat(12), (changes, branchAt) => {
      const seen: [VersionedMap<number, number>, Map<number, number>][] = [[VersionedMap.of(), new Map()]];
      for (const [i, [key, value]] of [...changes, ...changes].entries()) {
        const [map, plain] =
          seen[i === changes.length ? Math.min(branchAt, seen.length - 1) : seen.length - 1] ?? seen[0]!;
        const next = new Map(plain);
        if (value === undefined) next.delete(key);
        else next.set(key, value);
        seen.push([value === undefined ? map.without(key) : map.with(key, value), next]);
      }
      for (const [map, plain] of seen) {
        expect(map.size).toBe(plain.size);
        expect(new Map(map.entries())).toEqual(plain);
        for (const [older, then] of seen) {
          const since = map.changesSince(older);
          if (!since) continue;
          for (const key of [0, 1, 2, 3]) {
            if (since.has(key)) expect(since.get(key)).toBe(then.get(key));
            else expect(plain.get(key)).toBe(then.get(key));
          }
        }
      }
    }),
  );
});
