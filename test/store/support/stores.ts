import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/domain/store.ts';
import { createSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/sqlite-store.ts';

/** A folder of the test's own. */
export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vramkeeper-store-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function openStore(dataDir: string, options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = createSqliteStore({
    dataDir,
    serverId: newId('srv', systemClock, systemRandom),
    clock: systemClock,
    ...options,
  });
  await store.start();
  return store;
}
