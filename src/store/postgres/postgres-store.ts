/** The store on PostgreSQL: the same threads as SQLite's, and one more that has their connections. */
import { extname } from 'node:path';
import type { StorePlace } from '../../config/store-place.ts';
import type { Store } from '../../domain/store.ts';
import { ThreadedStore, type ThreadedStoreOptions, type ThreadPrograms } from '../threads/threaded-store.ts';
import { Connections } from './connections.ts';

export interface PostgresStoreOptions extends ThreadedStoreOptions {
  readonly place: StorePlace;
}

export function createPostgresStore({ place, ...options }: PostgresStoreOptions): Store {
  return new ThreadedStore(new PostgresPrograms(place), options);
}

class PostgresPrograms implements ThreadPrograms {
  readonly writer = programOf('writer');
  readonly reader = programOf('reader');
  readonly #place: StorePlace;
  #connections: Connections | null = null;

  constructor(place: StorePlace) {
    this.#place = place;
  }

  settings(role: 'writer' | 'reader') {
    this.#connections ??= new Connections(this.#place);
    const connection = this.#connections.make(role);
    return { own: { place: this.#place, connection }, ports: [connection.port] };
  }

  async close(): Promise<void> {
    await this.#connections?.close();
  }
}

function programOf(name: string): URL {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
}
