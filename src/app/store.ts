/** Which store there is: SQLite in the data directory, or the database that the settings name; and what is done with it but to run a server. */
import type { Config } from '../config/config.ts';
import type { StorePlace } from '../config/store-place.ts';
import type { Store } from '../domain/store.ts';
import type { StoreEnd } from '../store/move/move-store.ts';
import type { StoreLook } from '../store/postgres/look.ts';
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

export type { StoreEnd } from '../store/move/move-store.ts';

/** @see moveStore of `store/move`, which is loaded when it is called */
export async function moveStore(from: StoreEnd, to: StoreEnd): Promise<Readonly<Record<string, number>>> {
  return (await import('../store/move/move-store.ts')).moveStore(from, to);
}

/** For the doctor. @param now epoch milliseconds, of this machine */
export async function lookAtStore(place: StorePlace, now: () => number): Promise<StoreLook> {
  return (await import('../store/postgres/look.ts')).lookAtStore(place, now);
}
