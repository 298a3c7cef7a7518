/** The past in a data folder, over the lives of its servers. */
import { expect, onTestFinished, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { residency } from '../contract/store-history.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

test('What a server left open had ended when it is last known to have lived', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const clock = new VirtualClock();
  const leaseMs = 9_000;
  const first = await openStore(directory.path, { clock, leaseMs });
  const at = clock.now();
  await first.history.residencies.keep([residency({ loadingAt: at, readyAt: at })]);
  for (let i = 0; i < 6; i += 1) {
    clock.advance(1_000);
    await first.tend(1e9);
  }
  await first.stop();
  clock.advance(3_600_000);
  const second = await openStore(directory.path, { clock, leaseMs });
  onTestFinished(() => second.stop());
  const [stay] = await second.history.residencies.interrupt();
  expect(stay).toMatchObject({ interrupted: true, endingAt: stay?.goneAt });
  // To a third of its lease.
  expect(stay?.goneAt).toBeGreaterThan(at + 3_000 - 1);
  expect(stay?.goneAt).toBeLessThanOrEqual(at + 6_000);
  expect(await second.history.residencies.interrupt()).toEqual([stay]);
});
