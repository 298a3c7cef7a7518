import { describe, expect, test } from 'vitest';
import { StallWatch } from '../../../src/backend/ollama/stall-watch.ts';
import { VirtualClock } from '../../../src/clock.ts';

const LIMIT_MS = 300_000;

function watched(signs?: () => string) {
  const clock = new VirtualClock();
  const watch = new StallWatch(clock, LIMIT_MS, () => new Error('It is silent.'), signs);
  return { clock, watch };
}

describe('silence', () => {
  test('ends a request where nothing is seen', () => {
    const { clock, watch } = watched();
    clock.advance(LIMIT_MS - 1);
    expect(watch.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watch.signal.reason).toEqual(new Error('It is silent.'));
  });

  test('does not while the engine is seen to work, and does a while after it was seen last', () => {
    let ticks = 0;
    const { clock, watch } = watched(() => String(ticks));
    for (let minute = 0; minute < 20; minute += 1) {
      ticks += 1;
      clock.advance(60_000);
    }
    expect(watch.signal.aborted).toBe(false);
    clock.advance(2 * LIMIT_MS);
    expect(watch.signal.aborted).toBe(true);
  });

  test('ends it all the same after an hour in which nothing came of it', () => {
    let ticks = 0;
    const { clock, watch } = watched(() => String(ticks++));
    clock.advance(12 * LIMIT_MS - 1);
    expect(watch.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watch.signal.aborted).toBe(true);
  });

  test('begins anew with each piece', () => {
    let ticks = 0;
    const { clock, watch } = watched(() => String(ticks++));
    clock.advance(11 * LIMIT_MS);
    watch.touch(LIMIT_MS);
    clock.advance(12 * LIMIT_MS - 1);
    expect(watch.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watch.signal.aborted).toBe(true);
  });
});
