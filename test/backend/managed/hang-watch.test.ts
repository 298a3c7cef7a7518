/** When a cell counts as hanging. */
import { expect, test } from 'vitest';
import { HangWatch } from '../../../src/backend/cells/hang-watch.ts';
import { VirtualClock } from '../../../src/clock.ts';

function watched() {
  const clock = new VirtualClock();
  return { clock, watch: new HangWatch(clock) };
}

test('a cell without a request is silent for no time, however long', () => {
  const { clock, watch } = watched();
  clock.advance(60_000);
  expect(watch.silentMs(7)).toBe(0);
  watch.begin()();
  clock.advance(60_000);
  expect(watch.silentMs(7)).toBe(0);
});

test('silence is counted from the request, not from what was before it', () => {
  const { clock, watch } = watched();
  watch.silentMs(7);
  clock.advance(60_000);
  watch.begin();
  clock.advance(100);
  expect(watch.silentMs(7)).toBe(100);
});

test('a second request does not hide that the first one hangs', () => {
  const { clock, watch } = watched();
  watch.silentMs(7);
  watch.begin();
  clock.advance(100);
  const end = watch.begin();
  clock.advance(100);
  expect(watch.silentMs(7)).toBe(200);
  end();
  expect(watch.silentMs(7)).toBe(200);
});

test('a piece of an answer is a sign, and so is processor time', () => {
  const { clock, watch } = watched();
  watch.silentMs(7);
  watch.begin();
  clock.advance(100);
  watch.sign();
  clock.advance(30);
  expect(watch.silentMs(7)).toBe(30);
  clock.advance(100);
  expect(watch.silentMs(8)).toBe(0);
  clock.advance(40);
  expect(watch.silentMs(8)).toBe(40);
});
