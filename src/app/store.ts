/** Which store there is: SQLite in the data directory, or the database that the settings name. */
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/store.ts';
import { createPostgresStore } from '../store/postgres/postgres-store.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { ThreadedStoreOptions } from '../store/threads/threaded-store.ts';

export function buildStore(
  { dataDir, store: place, clients }: Config,
  options: Omit<ThreadedStoreOptions, 'clients'>,
): Store {
  return place
    ? createPostgresStore({ ...options, clients, place })
    : createSqliteStore({ ...options, clients, dataDir });
}
