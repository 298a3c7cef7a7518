import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backlog, type Bucket, type BucketKey, bucketId } from '../../src/domain/backlog.ts';
import type { JobPriority } from '../../src/domain/job.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';

const NOW = 1_700_000_000_000;

const key: fc.Arbitrary<BucketKey> = fc.record({
  queue: fc.constantFrom<QueueKey>('a' as QueueKey, 'b' as QueueKey),
  priority: fc.constantFrom<JobPriority>('HIGH', 'NORMAL', 'LOW'),
  client: fc.constantFrom('alice', 'bob'),
});
/** A commit tells a bucket's numbers; a job is expected; an expectation ends, be it once more. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('commit' as const), key, ages: fc.array(fc.nat(1_000), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('expect' as const), key, after: fc.nat(1_000) }),
  fc.record({ kind: fc.constant('over' as const), at: fc.nat() }),
);

test('expected jobs count beside those that are there, in whatever order they come, are committed, and go', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const backlog = new Backlog();
      const there = new Map<string, { readonly key: BucketKey; readonly instants: readonly number[] }>();
      const expected: { readonly key: BucketKey; readonly at: number; over: () => void; isOver: boolean }[] =
        [];
      for (const one of changes) {
        const before = backlog.version;
        if (one.kind === 'commit') {
          const instants = one.ages.map((age) => NOW - age);
          there.set(bucketId(one.key), { key: one.key, instants });
          backlog.apply([bucketOf(one.key, instants)], 0);
        } else if (one.kind === 'expect') {
          const at = NOW + one.after;
          expected.push({ key: one.key, at, over: backlog.expect(one.key, at), isOver: false });
        } else {
          const ended = expected[one.at % Math.max(1, expected.length)];
          const wasOver = ended?.isOver ?? true;
          ended?.over();
          if (ended) ended.isOver = true;
          if (wasOver) expect(backlog.version).toBe(before);
        }
        if (one.kind !== 'over') expect(backlog.version).toBeGreaterThan(before);
        expect(seen(backlog)).toEqual(
          counted(
            [...there.values()],
            expected.filter(({ isOver }) => !isOver),
          ),
        );
      }
    }),
  );
});

/** Each limit holds from the moment it is told, as if it had been there from the start. */
test('limits that change while jobs wait and run end where a backlog with them from the start is', () => {
  const most = fc.constantFrom(null, 1, 2);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('commit' as const), key, ages: fc.array(fc.nat(1_000), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('run' as const),
      client: key.map(({ client }) => client),
      count: fc.nat(3),
    }),
    // Of a client who is never held: those of one who is are not counted until they are there.
    fc.record({
      kind: fc.constant('expect' as const),
      key: key.map((one) => ({ ...one, client: 'carol' })),
      after: fc.nat(1_000),
    }),
    fc.record({ kind: fc.constant('limit' as const), alice: most, bob: most }),
  );
  const tableOf = (alice: number | null, bob: number | null) => {
    const limits = { weight: 1, maxRunning: bob, maxQueued: null };
    return {
      others: limits,
      named: new Map(
        Object.entries({ alice, carol: null }).map(([name, maxRunning]) => [name, { ...limits, maxRunning }]),
      ),
    };
  };
  const apply = (backlog: Backlog, one: typeof step extends fc.Arbitrary<infer S> ? S : never) => {
    if (one.kind === 'commit')
      backlog.apply(
        [
          bucketOf(
            one.key,
            one.ages.map((age) => NOW - age),
          ),
        ],
        0,
      );
    else if (one.kind === 'run') backlog.apply([], 0, [[one.client, one.count]]);
    else if (one.kind === 'expect') backlog.expect(one.key, NOW + one.after);
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), most, most, (steps, alice, bob) => {
      const changing = new Backlog();
      for (const one of steps) {
        apply(changing, one);
        if (one.kind === 'limit') changing.limit(tableOf(one.alice, one.bob));
      }
      changing.limit(tableOf(alice, bob));
      const fixed = new Backlog(tableOf(alice, bob));
      for (const one of steps) apply(fixed, one);
      expect(seen(changing)).toEqual(seen(fixed));
      expect(changing.held.clients.toSorted()).toEqual(fixed.held.clients.toSorted());
      expect(changing.held.buckets.map(bucketId).toSorted()).toEqual(
        fixed.held.buckets.map(bucketId).toSorted(),
      );
    }),
  );
});

test('a commit that changes nothing of what decisions go by leaves the version as it is', () => {
  const limits = { weight: 1, maxRunning: null, maxQueued: null };
  const backlog = new Backlog({ others: limits, named: new Map([['bob', { ...limits, maxRunning: 2 }]]) });
  const moves = (...numbers: Parameters<Backlog['apply']>) => {
    const before = backlog.version;
    backlog.apply(...numbers);
    return backlog.version > before;
  };
  const bucket = bucketOf({ queue: 'a' as QueueKey, priority: 'LOW', client: 'alice' }, [NOW]);
  expect(moves([], 0)).toBe(false);
  // How many jobs of hers run limits nothing.
  expect(moves([], 0, [['alice', 1]])).toBe(false);
  expect(moves([], 0, [['bob', 1]])).toBe(true);
  expect(moves([bucket], 0)).toBe(true);
  expect(moves([], 1)).toBe(true);
  expect(moves([], 1)).toBe(false);
});

function bucketOf(of: BucketKey, instants: readonly number[]): Bucket {
  const createdAtSum = instants.reduce((sum, at) => sum + at, 0);
  const oldestCreatedAt = instants.length > 0 ? Math.min(...instants) : null;
  return { ...of, count: instants.length, createdAtSum, oldestCreatedAt };
}

function seen(backlog: Backlog) {
  const buckets = backlog
    .queues()
    .flatMap(({ buckets }) => [...buckets.entries()])
    .map(([id, { count, createdAtSum, oldestCreatedAt }]) => [id, { count, createdAtSum, oldestCreatedAt }]);
  return {
    count: backlog.count,
    clients: Object.fromEntries(backlog.clients.entries()),
    buckets: Object.fromEntries(buckets),
  };
}

function counted(
  there: readonly { readonly key: BucketKey; readonly instants: readonly number[] }[],
  expected: readonly { readonly key: BucketKey; readonly at: number }[],
): ReturnType<typeof seen> {
  const all = Map.groupBy(
    [...there.flatMap(({ key, instants }) => instants.map((at) => ({ key, at }))), ...expected],
    (one) => bucketId(one.key),
  );
  const buckets = [...all].map(([id, ones]) => {
    const {
      key: of,
      count: _,
      ...sums
    } = {
      key: ones[0]?.key,
      ...bucketOf(
        ones[0]?.key as BucketKey,
        ones.map(({ at }) => at),
      ),
    };
    const { createdAtSum, oldestCreatedAt } = sums;
    return { id, client: of?.client ?? '', count: ones.length, createdAtSum, oldestCreatedAt };
  });
  const clients: Record<string, number> = {};
  for (const { client } of buckets) clients[client] = (clients[client] ?? 0) + 1;
  return {
    count: buckets.reduce((sum, { count }) => sum + count, 0),
    clients,
    buckets: Object.fromEntries(
      buckets.map(({ id, count, createdAtSum, oldestCreatedAt }) => [
        id,
        { count, createdAtSum, oldestCreatedAt },
      ]),
    ),
  };
}
