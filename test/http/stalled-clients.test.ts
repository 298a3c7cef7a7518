import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MiB } from '../../src/domain/units.ts';

const script = fileURLToPath(new URL('support/stalled-clients.ts', import.meta.url));

it.each([
  ['clients of server-sent events that stop reading', 'sse'],
  ['WebSocket clients that stop reading', 'ws'],
  ['WebSocket clients that go on asking but stop reading', 'flood'],
])('%s cost nothing through 100,000 events', async (_who, transport) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, transport]);
  const seen = JSON.parse(stdout) as Record<
    'heapBefore' | 'heapGrowth' | 'rssGrowth' | 'seen' | 'waiting',
    number
  >;
  // The server, all clients and what is under way between them.
  expect(seen.heapBefore).toBeLessThan(200 * MiB);
  expect(seen.heapGrowth).toBeLessThan(4 * MiB);
  // Unbounded buffers would be some hundred MiB.
  expect(seen.rssGrowth).toBeLessThan(160 * MiB);
  // Of all only the one that reads waits for more, if it is not just being served.
  expect(seen.waiting).toBeLessThanOrEqual(1);
  expect(seen.seen).toBeGreaterThan(10);
});
