import { expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { eventually } from './eventually.ts';
import { STATE_MS } from './limits.ts';

it('gives what it waited for', async () => {
  let looks = 0;
  expect(await eventually(() => (looks++ < 3 ? null : 'there'))).toBe('there');
  expect(
    await eventually(
      async () => looks++,
      (seen) => seen > 8,
    ),
  ).toBe(9);
});

it('says at its end what it waited for and what it saw last', async () => {
  const clock = new VirtualClock();
  const job = { status: 'RUNNING' };
  const waited = eventually(
    () => job,
    ({ status }) => status === 'COMPLETE',
    { clock, step: () => clock.advance(1_000) },
  );
  const { message } = await waited.then(
    () => new Error('It was there.'),
    (error: Error) => error,
  );
  expect(message).toMatch(/^Waited 150 s for .*job.* to be .*COMPLETE/);
  expect(message).toContain("Last seen: { status: 'RUNNING' }");
  expect(clock.monotonic()).toBeGreaterThan(STATE_MS);
});

it('passes on at once what looking throws', async () => {
  const broken = eventually(() => {
    throw new Error('The server is gone.');
  });
  await expect(broken).rejects.toThrow('The server is gone.');
});

it('lets a test move its own clock between two looks', async () => {
  const clock = new VirtualClock();
  let rung = false;
  clock.after(10_000, () => {
    rung = true;
  });
  await eventually(
    () => rung,
    (seen) => seen,
    { step: () => clock.advance(250) },
  );
  expect(clock.monotonic()).toBe(10_000);
});
