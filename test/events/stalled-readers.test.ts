import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MiB } from '../../src/domain/units.ts';

it('three hundred readers that stand still cost nothing through 100,000 events', async () => {
  const script = fileURLToPath(new URL('support/stalled-readers.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script]);
  const seen = JSON.parse(stdout) as Record<'before' | 'after' | 'keys' | 'waiting' | 'jobs', number>;
  expect(seen.after - seen.before).toBeLessThan(2 * MiB);
  expect(seen.keys).toBeLessThanOrEqual(8_192);
  expect([seen.waiting, seen.jobs]).toEqual([0, 1]);
});
