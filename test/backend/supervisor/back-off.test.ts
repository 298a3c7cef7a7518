import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BackOff } from '../../../src/backend/supervisor/back-off.ts';
import { seededRandom, systemClock, VirtualClock } from '../../../src/clock.ts';
import { dataFolder, spec, supervisorIn } from './support/house.ts';

const SETTINGS = { firstWaitMs: 500, longestWaitMs: 60_000, resetAfterMs: 60_000 };

function setUp(seed = 7) {
  const clock = new VirtualClock();
  return { clock, backOff: new BackOff(clock, seededRandom(seed), SETTINGS) };
}

/** Starts it as soon as it may, and lets it die after that life. */
function liveAndDie(clock: VirtualClock, backOff: BackOff, name: string, livedMs: number): number {
  const waitedMs = backOff.waitMs(name);
  clock.advance(waitedMs + livedMs);
  backOff.died(name, livedMs);
  return waitedMs;
}

test('the first death is free, then waits double up to the longest one', () => {
  const { clock, backOff } = setUp();
  const waits = Array.from({ length: 14 }, () => liveAndDie(clock, backOff, 'a', 10));
  expect(waits.slice(0, 2)).toEqual([0, 0]);
  waits.slice(2).forEach((wait, index) => {
    const middle = Math.min(60_000, 500 * 2 ** index);
    expect(wait).toBeGreaterThanOrEqual(Math.min(middle * 0.8, 48_000));
    expect(wait).toBeLessThanOrEqual(Math.min(middle * 1.2, 60_000));
  });
});

test('whoever lived long dies for the first time, and names are apart', () => {
  const { clock, backOff } = setUp();
  for (let i = 0; i < 6; i += 1) liveAndDie(clock, backOff, 'a', 10);
  expect(backOff.waitMs('b')).toBe(0);
  liveAndDie(clock, backOff, 'a', 60_000);
  expect(backOff.waitMs('a')).toBe(0);
  expect(backOff.deaths('a')).toBe(1);
});

test('several that die of one cause are one death', () => {
  const { clock, backOff } = setUp();
  clock.advance(5_000);
  for (let i = 0; i < 8; i += 1) backOff.died('a', 5_000 - i);
  expect(backOff.deaths('a')).toBe(1);
  expect(backOff.waitMs('a')).toBe(0);
});

test('no series of deaths makes anyone wait longer than the longest wait', () => {
  const lives = fc.array(fc.record({ name: fc.constantFrom('a', 'b'), livedMs: fc.nat(90_000) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(lives, fc.integer(), (deaths, seed) => {
      const { clock, backOff } = setUp(seed);
      for (const { name, livedMs } of deaths) {
        liveAndDie(clock, backOff, name, livedMs);
        expect(backOff.waitMs(name)).toBeLessThanOrEqual(SETTINGS.longestWaitMs);
        expect(backOff.deaths(name)).toBeGreaterThan(0);
      }
      clock.advance(SETTINGS.longestWaitMs);
      expect([backOff.waitMs('a'), backOff.waitMs('b')]).toEqual([0, 0]);
    }),
  );
});

test('a program that keeps dying is refused for a time, and others are not', async () => {
  const supervisor = supervisorIn(dataFolder(), {
    clock: systemClock,
    backOff: { firstWaitMs: 3_600_000, longestWaitMs: 3_600_000, resetAfterMs: 3_600_000 },
  });
  const dying = spec(['exit=1']);
  await expect(supervisor.start(dying)).rejects.toMatchObject({ code: 'PROCESS_EXITED' });
  await expect(supervisor.start(dying)).rejects.toMatchObject({ code: 'PROCESS_EXITED' });
  const refusal = await supervisor.start(dying).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'PROGRAM_BACKING_OFF', deaths: 2 });
  expect(supervisor.waitMs(dying.name)).toBeGreaterThan(0);
  const other = await supervisor.start(spec([], { name: 'another' }));
  // One that was ready and died counts as well; being told to end does not.
  await other.end();
  expect(supervisor.waitMs('another')).toBe(0);
  for (let run = 0; run < 2; run += 1) {
    const again = await supervisor.start(spec([], { name: 'another' }));
    process.kill(again.pid, 'SIGKILL');
    await again.gone;
  }
  await expect(supervisor.start(spec([], { name: 'another' }))).rejects.toMatchObject({ deaths: 2 });
});
