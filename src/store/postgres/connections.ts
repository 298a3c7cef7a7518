/** The thread of the connections to one PostgreSQL, as the store's own thread sees it: it makes one for each thread that works with it. */
import { extname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { StorePlace } from '../../config/store-place.ts';
import type { SocketOrder, SocketsSettings } from './sockets.ts';
import { type Connection, ENDED } from './wire.ts';

/** A connection that is dead is found out within some seconds, on either side. */
const LIVELINESS = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3';
/** The queue's statements go by their indexes, whatever the planner believes of a table that fills and empties all day. */
const BY_INDEX =
  '-c enable_seqscan=off -c enable_sort=off -c enable_bitmapscan=off -c jit=off -c plan_cache_mode=force_generic_plan';
/** A server that hangs in the middle of a group must not hold its rows for ever. */
const WRITER = `${BY_INDEX} -c idle_in_transaction_session_timeout=10000 -c lock_timeout=10000`;

export class Connections {
  readonly #place: StorePlace;
  readonly #sockets: Worker;
  readonly #answered: Int32Array[] = [];

  constructor(place: StorePlace) {
    this.#place = place;
    const workerData: SocketsSettings = { url: place.url };
    const program = new URL(`./sockets${extname(import.meta.url)}`, import.meta.url);
    this.#sockets = new Worker(program, { workerData, name: 'store-sockets' });
    this.#sockets.on('error', this.#ended);
    this.#sockets.on('exit', this.#ended);
  }

  /** It is opened when it is first used. What comes of it goes to another thread as a whole: its port can be in one alone. */
  make(role: 'writer' | 'reader'): Connection {
    const { port1, port2 } = new MessageChannel();
    const answered = new Int32Array(new SharedArrayBuffer(4));
    this.#answered.push(answered);
    const options = `-c search_path="${this.#place.schema}" ${LIVELINESS}${role === 'writer' ? ` ${WRITER}` : ''}`;
    this.#sockets.postMessage({ port: port1, answered, options } satisfies SocketOrder, [port1]);
    return { port: port2, answered };
  }

  async close(): Promise<void> {
    await this.#sockets.terminate();
  }

  /** Whoever waits for an answer is told that none will come. */
  readonly #ended = (): void => {
    for (const cell of this.#answered) {
      Atomics.store(cell, 0, ENDED);
      Atomics.notify(cell, 0);
    }
  };
}
