/** The store on PostgreSQL: the same threads as SQLite's, and one more that has their connections. */
import { extname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { StorePlace } from '../../config/store-place.ts';
import type { Store } from '../../domain/store.ts';
import { ThreadedStore, type ThreadedStoreOptions, type ThreadPrograms } from '../threads/threaded-store.ts';
import type { SocketOrder, SocketsSettings } from './sockets.ts';
import { ENDED } from './wire.ts';

export interface PostgresStoreOptions extends ThreadedStoreOptions {
  readonly place: StorePlace;
}

export function createPostgresStore({ place, ...options }: PostgresStoreOptions): Store {
  return new ThreadedStore(new PostgresPrograms(place), options);
}

/** A connection that is dead is found out within some seconds, on either side. */
const LIVELINESS = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';
/** The queue's statements go by their indexes, whatever the planner believes of a table that fills and empties all day. */
const BY_INDEX =
  '-c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off -c jit=off -c plan_cache_mode=force_generic_plan';
/** A server that hangs in the middle of a group must not hold its rows for ever. */
const WRITER = `${BY_INDEX} -c idle_in_transaction_session_timeout=10000 -c lock_timeout=10000`;

class PostgresPrograms implements ThreadPrograms {
  readonly writer = programOf('writer');
  readonly reader = programOf('reader');
  readonly #place: StorePlace;
  #sockets: Worker | null = null;
  readonly #answered: Int32Array[] = [];

  constructor(place: StorePlace) {
    this.#place = place;
  }

  async open(): Promise<void> {
    const workerData: SocketsSettings = { url: this.#place.url };
    const sockets = new Worker(programOf('sockets'), { workerData, name: 'store-sockets' });
    // Whoever waits for an answer is told that none will come.
    const ended = () => {
      for (const cell of this.#answered) {
        Atomics.store(cell, 0, ENDED);
        Atomics.notify(cell, 0);
      }
    };
    sockets.on('error', ended);
    sockets.on('exit', ended);
    this.#sockets = sockets;
  }

  settings(name: string) {
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    this.#answered.push(answered);
    const options = `-c search_path=${this.#place.schema} ${LIVELINESS}${name === 'writer' ? ` ${WRITER}` : ''}`;
    this.#sockets?.postMessage({ port: port1, answered, options } satisfies SocketOrder, [port1]);
    return { own: { place: this.#place, port: port2, answered }, ports: [port2] };
  }

  async close(): Promise<void> {
    await this.#sockets?.terminate();
  }
}

function programOf(name: string): URL {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
}
