/** The store of one machine: SQLite, in a folder. */
import { extname } from 'node:path';
import type { Store } from '../../domain/store.ts';
import { ThreadedStore, type ThreadedStoreOptions } from '../threads/threaded-store.ts';

export interface SqliteStoreOptions extends ThreadedStoreOptions {
  /** Created, for its owner alone, when it does not exist. */
  readonly dataDir: string;
}

export function createSqliteStore({ dataDir, ...options }: SqliteStoreOptions): Store {
  const program = (name: string) => new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
  const settings = () => ({ own: { dataDir } });
  return new ThreadedStore({ writer: program('writer'), reader: program('reader'), settings }, options);
}
