/** How many jobs of one client may wait, and what is told of those that run: by stores of both kinds, and over a restart. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import type { ServerId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { claimOf, newJob, submission } from '../contract/store-fixtures.ts';

const clients: ClientTable = {
  others: { weight: 1, maxRunning: null, maxQueued: null },
  named: new Map([['small', { weight: 1, maxRunning: 1, maxQueued: 2 }]]),
};
const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function started(store: Store): Promise<Store> {
  stores.push(store);
  await store.start();
  return store;
}

const serverId = 'srv_test' as ServerId;
const memory = () => started(createMemoryStore({ clock: new VirtualClock(), serverId, clients }));
async function sqlite(dataDir?: string): Promise<Store> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'vramkeeper-limits-')));
  if (!dataDir) folders.push(folder);
  return started(createSqliteStore({ dataDir: folder, clock: new VirtualClock(), serverId, clients }));
}

const jobOf = (client: string) => newJob({ client });

describe.each([
  ['in memory', memory],
  ['on disk', () => sqlite()],
])('the limits of a client %s', (_, make) => {
  it('bound what waits of it, and of nobody else', async () => {
    const store = await make();
    expect(await store.submit(submission([jobOf('small')]))).toMatchObject({ kind: 'accepted' });
    const full = { kind: 'queue-full', client: 'small', limit: 2, waiting: 1 };
    expect(await store.submit(submission([jobOf('small'), jobOf('small')]))).toEqual(full);
    expect(await store.submit(submission([jobOf('small')]))).toMatchObject({ kind: 'accepted' });
    expect(await store.submit(submission([jobOf('small')]))).toMatchObject({ ...full, waiting: 2 });
    expect(await store.submit(submission([jobOf('other'), jobOf('other'), jobOf('other')]))).toMatchObject({
      kind: 'accepted',
    });
  });

  it('bound what is tried again, one by one and many at once', async () => {
    const store = await make();
    const first = jobOf('small');
    await store.submit(submission([first]));
    await store.cancel(first.id, null);
    await store.submit(submission([jobOf('small'), jobOf('small')]));
    expect(await store.retry(first.id, 100)).toMatchObject({ kind: 'queue-full', client: 'small', limit: 2 });
    expect(await store.changeMany([first.id], { kind: 'retry', queueLimit: 100 })).toMatchObject({
      changed: 0,
      queueFull: { limit: 2, client: 'small' },
    });
  });

  it('keep what waits of it out of the counters while as many of its jobs run as may', async () => {
    const store = await make();
    const [mine, others] = [jobOf('small'), jobOf('other')];
    await store.submit(submission([mine, jobOf('small')]));
    await store.submit(submission([others]));
    expect(store.backlog.count).toBe(3);
    const [claimed] = await store.claim(claimOf(1, { client: 'small' }));
    expect(store.backlog.held.isHeld('small')).toBe(true);
    expect(store.backlog.count).toBe(1);
    expect(store.backlog.held.buckets).toMatchObject([{ client: 'small', count: 1 }]);
    await store.returnToQueue([
      { id: mine.id, fence: claimed?.job.fence ?? 0, attempt: null, counts: false, delayMs: 0 },
    ]);
    expect(store.backlog.held.isHeld('small')).toBe(false);
    expect(store.backlog.count).toBe(3);
    expect(store.backlog.held.buckets).toEqual([]);
  });
});

it('what waited and ran of a client is counted after a restart', async () => {
  const store = await sqlite();
  const [mine, more] = [jobOf('small'), jobOf('small')];
  await store.submit(submission([mine, more]));
  await store.claim(claimOf(1, { client: 'small' }));
  await store.stop();
  const again = await sqlite(folders[0]);
  expect(again.backlog.held.running('small')).toBe(1);
  expect(again.backlog.count).toBe(0);
  await again.recover();
  expect(again.backlog.held.running('small')).toBe(0);
  expect(again.backlog.count).toBe(2);
  expect(await again.submit(submission([jobOf('small')]))).toMatchObject({
    kind: 'queue-full',
    client: 'small',
  });
});
