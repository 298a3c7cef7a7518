/** Figures of stretches of time: joined in any way they say the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GpuId, stableId } from '../../src/domain/ids.ts';
import {
  joined,
  MOST_CLIENTS,
  NO_COUNTS,
  type Sample,
  seriesOf,
  seriesQuery,
  TIERS,
  waitClass,
  waitPercentile,
} from '../../src/domain/sample.ts';

const count = fc.nat(1_000);
const sample: fc.Arbitrary<Sample> = fc
  .record({
    gpus: fc.uniqueArray(fc.constantFrom('0', '1'), { maxLength: 2 }),
    used: count,
    submitted: count,
    completionTokens: count,
    waiting: count,
    running: count,
    waits: fc.uniqueArray(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })), { selector: ([one]) => one }),
    // As few as are all told apart, however they are joined.
    clients: fc.uniqueArray(fc.constantFrom('a', 'b', '__proto__', 'constructor', null)),
    busyMs: count,
  })
  .map(({ gpus, used, submitted, completionTokens, clients, busyMs, ...rest }) => ({
    ...rest,
    gpus: gpus.map((name) => ({
      gpuId: stableId('gpu', name) as GpuId,
      readings: 1,
      usedBytes: used * 1_000_000,
      instanceBytes: used,
      foreignBytes: 0,
      reservedBytes: 0,
      freeBytes: 0,
    })),
    counts: { ...NO_COUNTS, submitted, completionTokens },
    clients: clients.map((client) => ({ client, busyMs, completed: 1 })),
  }));

/** Without the order of lists, and with means as exact as they are kept. */
function plain({ gpus, counts, waiting, running, waits, clients }: Sample) {
  const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
    list.toSorted((a, b) => a.name.localeCompare(b.name));
  return {
    counts,
    waiting,
    running,
    gpus: byName(
      gpus.map(({ gpuId, readings, usedBytes }) => ({
        name: gpuId,
        readings,
        used: Math.round(usedBytes / 1_000),
      })),
    ),
    waits: byName(waits.map(([one, jobs]) => ({ name: String(one), jobs }))),
    clients: byName(clients.map(({ client, ...of }) => ({ name: String(client), ...of }))),
  };
}

test('joining parts of parts says what joining all says', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 2, maxLength: 12 }), fc.nat(), (samples, cut) => {
      const at = 1 + (cut % (samples.length - 1));
      const inParts = joined([joined(samples.slice(0, at)), joined(samples.slice(at))]);
      expect(plain(inParts)).toEqual(plain(joined(samples)));
    }),
  );
});

test('whoever there are, few clients are kept, and no time of theirs is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), count), { minLength: 1, maxLength: 300 }), (used) => {
      const samples = used.map(([name, busyMs]) => ({
        ...joinedNothing,
        clients: [{ client: `c${name}`, busyMs, completed: 1 }],
      }));
      const { clients } = joined(samples);
      expect(clients.length).toBeLessThanOrEqual(MOST_CLIENTS + 1);
      expect(clients.reduce((sum, { busyMs }) => sum + busyMs, 0)).toBe(
        used.reduce((sum, [, busyMs]) => sum + busyMs, 0),
      );
    }),
  );
});

const joinedNothing: Sample = {
  gpus: [],
  counts: NO_COUNTS,
  waiting: 0,
  running: 0,
  waits: [],
  clients: [],
};

test('a waiting time read from its class is off by less than 5 %', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1 }), (waits) => {
      const kept = joined(waits.map((ms) => ({ ...joinedNothing, waits: [[waitClass(ms), 1]] as const })));
      const sorted = waits.toSorted((a, b) => a - b);
      for (const share of [0.5, 0.95]) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        const read = waitPercentile(kept, share) ?? Number.NaN;
        expect(Math.abs(read - exact)).toBeLessThanOrEqual(Math.max(1, exact * 0.05));
      }
    }),
  );
  expect(waitPercentile(joinedNothing, 0.5)).toBeNull();
});

test('whatever range is asked for has about as many steps, whole ones of what is kept so long, and each sample in one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 * 86_400_000 }),
      fc.integer({ min: 1, max: 200 * 86_400_000 }),
      fc.integer({ min: 1, max: 1_000 }),
      (age, span, points) => {
        const now = 1_800_000_000_000;
        const range = { from: now - age, to: now - age + span };
        const query = seriesQuery(range, points, now);
        const { samples, from, stepMs } = seriesOf([], query);
        expect(samples.length).toBeLessThanOrEqual(points + 1);
        expect(samples.length).toBeGreaterThan(0);
        expect([stepMs % query.tier.stepMs, from % stepMs]).toEqual([0, 0]);
        expect(from).toBeLessThanOrEqual(range.from);
        expect(from + samples.length * stepMs).toBeGreaterThanOrEqual(range.to);
        expect(query.tier.keptMs >= age || query.tier === TIERS[2]).toBe(true);
      },
    ),
  );
});
