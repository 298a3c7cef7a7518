import { describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { REFRESH_MS } from '../../src/events/shared-state.ts';
import { FollowedStates } from '../../src/events/state-feed.ts';
import { StreamReader } from './support/stream-reader.ts';

interface Made {
  readonly count: number;
  readonly at: number;
}

const INTERVAL_MS = 1_000;

function world() {
  const clock = new VirtualClock(0);
  const log = new EventLog({ random: seededRandom(1) });
  const states = new FollowedStates<Made>(log, clock);
  const made: Made[] = [];
  const world = {
    clock,
    log,
    states,
    made,
    /** Set by a test that wants the making to take long, or to fail. */
    making: async () => {},
    change: () => log.publish({ kind: 'vram' }, clock.now()),
    follow: (key = 'k', minIntervalMs = INTERVAL_MS) => {
      const make = async () => {
        await world.making();
        const one = { count: made.length + 1, at: clock.now() };
        made.push(one);
        return one;
      };
      return new StreamReader<Made>(states.follow(key, { minIntervalMs, make }));
    },
  };
  return world;
}

/** The making and the telling have a turn each, in which others come first. */
async function settled(...readers: readonly StreamReader<Made>[]): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) for (const reader of readers) await reader.take();
}

const times = (taken: readonly Made[]) => taken.map(({ at }) => at);

describe('following a state', () => {
  it('tells it at once, then after changes at most once per interval', async () => {
    const { change, clock, follow, made } = world();
    const reader = follow();
    await settled(reader);
    for (let i = 0; i < 30; i += 1) {
      clock.advance(100);
      change();
      await settled(reader);
    }
    expect(times(reader.taken)).toEqual([0, 1_000, 2_000, 3_000]);
    expect(made).toHaveLength(4);
    await reader.close();
  });

  it('tells a change after a quiet time without delay', async () => {
    const { change, clock, follow } = world();
    const reader = follow();
    await settled(reader);
    clock.advance(3_500);
    expect(await reader.take()).toBe(false);
    change();
    await settled(reader);
    expect(times(reader.taken)).toEqual([0, 3_500]);
    await reader.close();
  });

  it('tells it anew now and then although nothing has happened', async () => {
    const { clock, follow } = world();
    const reader = follow();
    await settled(reader);
    for (let i = 0; i < 10; i += 1) {
      clock.advance(REFRESH_MS / 2);
      await settled(reader);
    }
    expect(times(reader.taken)).toEqual([0, 1, 2, 3, 4, 5].map((n) => n * REFRESH_MS));
    await reader.close();
  });

  it('is worked out once for all who follow the same, and they are told by the same objects', async () => {
    const { change, clock, follow, made, states } = world();
    const readers = Array.from({ length: 50 }, () => follow());
    const other = follow('another');
    await settled(...readers, other);
    change();
    clock.advance(INTERVAL_MS);
    await settled(...readers, other);
    expect([made.length, states.size]).toEqual([4, 2]);
    for (const { taken } of readers) {
      expect(taken).toHaveLength(2);
      taken.forEach((one, i) => void expect(one).toBe(readers[0]?.taken[i]));
    }
    for (const reader of [...readers, other]) await reader.close();
    expect(states.size).toBe(0);
  });

  it('gives a reader who comes later what is known, unless that is outdated', async () => {
    const { change, clock, follow, made } = world();
    const first = follow();
    await settled(first);
    clock.advance(10);
    change();
    const second = follow();
    await second.take();
    expect(second.taken[0]).toBe(first.taken[0]);
    clock.advance(INTERVAL_MS);
    const third = follow();
    await settled(third);
    expect(times(third.taken)).toEqual([1_010]);
    expect(made).toHaveLength(2);
    for (const reader of [first, second, third]) await reader.close();
  });

  it('gives a slow reader the newest and none of those between, and works out nothing for one who does not ask', async () => {
    const { change, clock, follow, log, made } = world();
    const slow = follow();
    while (slow.taken.length === 0) await slow.take();
    for (let i = 0; i < 100; i += 1) {
      change();
      clock.advance(INTERVAL_MS);
    }
    expect(made).toHaveLength(1);
    await settled(slow);
    expect(slow.taken).toHaveLength(2);
    expect(slow.taken.at(-1)?.at).toBe(clock.now());
    expect(made).toHaveLength(2);
    await slow.close();
    expect([clock.nextDue(), log.waiting]).toEqual([undefined, 0]);
  });

  it('is worked out less often where that takes long, and is told all the same', async () => {
    const here = world();
    const { change, clock, follow } = here;
    here.making = async () => clock.advance(2_000);
    const reader = follow();
    for (let second = 0; second < 60; second += 1) {
      change();
      await settled(reader);
      clock.advance(1_000);
    }
    await settled(reader);
    expect(reader.taken.length).toBeGreaterThanOrEqual(6);
    const [first = 0, ...others] = times(reader.taken);
    for (const [i, at] of others.entries())
      expect(at - ([first, ...others][i] ?? 0)).toBeGreaterThanOrEqual(10_000);
    await reader.close();
  });

  it('fails those who wait when it cannot be worked out, and those alone', async () => {
    const here = world();
    const { change, clock, states, made } = here;
    const stream = (make: () => Promise<Made>) => states.follow('k', { minIntervalMs: INTERVAL_MS, make });
    const make = async () => {
      await here.making();
      const one = { count: made.length, at: clock.now() };
      made.push(one);
      return one;
    };
    const first = stream(make);
    here.making = () => Promise.reject(new Error('No.'));
    await expect(first.next()).rejects.toThrow('No.');
    expect(await first.next()).toEqual({ done: true, value: undefined });
    const kept = stream(make);
    here.making = async () => {};
    change();
    clock.advance(INTERVAL_MS);
    expect((await kept.next()).value).toMatchObject({ at: INTERVAL_MS });
    await kept.return();
    expect(states.size).toBe(0);
  });

  it('ends with the log, and leaves no timer and no waiting reader behind', async () => {
    const { change, clock, follow, log, states } = world();
    const [resting, sleeping, leaving] = [follow('a'), follow('b'), follow('c')];
    await settled(resting, sleeping, leaving);
    change();
    await resting.take();
    expect(clock.nextDue()).toBe(INTERVAL_MS);
    await leaving.close();
    log.end();
    await settled(resting, sleeping);
    expect([resting.done, sleeping.done]).toEqual([true, true]);
    expect([clock.nextDue(), log.waiting, states.size]).toEqual([undefined, 0, 0]);
  });
});
