/** The thread that has the connections to PostgreSQL: one for each thread that works with it. Nothing else of a server loads `pg`. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { sleep, systemClock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Row } from '../sql/statements.ts';
import type { FromSocket, Step, ToSocket, WireFailure } from './wire.ts';

/** A connection, and the thread at the other end of its port. */
export interface SocketOrder {
  readonly port: MessagePort;
  readonly answered: Int32Array;
  /** Of the connection, in PostgreSQL's own words: `-c name=value`. */
  readonly options: string;
}

export interface SocketsSettings {
  readonly url: string;
}

const CONNECT_MS = 5_000;
/** A database that says nothing for so long hangs, and the connection is given up: longer than any read may take, and any count at a start. */
const ANSWER_MS = 30_000;
/** Nothing has come for so long: it is looked whether the other end is still there. */
const SILENCE_MS = 2_000;
/** Statements that the connection knows by name. Callers shape some by their filters; beyond these each is planned by itself. */
const MOST_NAMED = 256;

// Sums come as `numeric`, and all that the store keeps are integers that a number holds.
for (const oid of [20, 1_700]) pg.types.setTypeParser(oid, Number);

class Socket {
  readonly #url: string;
  readonly #order: SocketOrder;
  readonly #names = new Map<string, string>();
  #client: pg.Client | null = null;
  #number = 0;
  #backend: number | null = null;

  constructor(url: string, order: SocketOrder) {
    this.#url = url;
    this.#order = order;
    order.port.on('message', (message: ToSocket) => void this.#hear(message));
  }

  async #hear(message: ToSocket): Promise<void> {
    switch (message.kind) {
      case 'steps':
        return this.#answer(await this.#perform(message.steps, message.connection));
      case 'cancel':
        return this.#cancel();
      case 'close':
        this.#order.port.close();
        return this.#drop();
      default:
        message satisfies never;
    }
  }

  #answer(answer: FromSocket): void {
    this.#order.port.postMessage(answer);
    Atomics.add(this.#order.answered, 0, 1);
    Atomics.notify(this.#order.answered, 0);
  }

  async #perform(steps: readonly Step[], connection: number | null): Promise<FromSocket> {
    try {
      if (connection === null) this.#client ??= await this.#connect();
      else if (!this.#client || connection !== this.#number) return { kind: 'failed', error: LOST };
    } catch (error) {
      return { kind: 'failed', error: { ...failureOf(error), isLost: true } };
    }
    const client = this.#client;
    const sent = steps.map((step) => this.#send(client, step));
    const answered = new AbortController();
    void this.#watch(client, answered.signal);
    // Every one needs a handler: what comes after the first that fails, fails too.
    const settled = await Promise.allSettled(sent);
    answered.abort();
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed) {
      const failure = failureOf(failed.reason);
      const isLost = failure.isLost || this.#client !== client;
      if (isLost) this.#cut(client);
      return { kind: 'failed', error: { ...failure, isLost } };
    }
    const answers = settled.flatMap((one, at): (readonly Row[] | number)[] => {
      if (one.status === 'rejected') return [];
      const wants = steps[at]?.wants;
      if (wants === 'rows') return [one.value.rows as Row[]];
      return wants === 'count' ? [one.value.rowCount ?? 0] : [];
    });
    return { kind: 'done', connection: this.#number, answers };
  }

  #send(client: pg.Client, { text, values, wants }: Step) {
    // What has no values goes as it is, and may be several statements.
    if (values.length === 0 && wants === null) return client.query({ text, rowMode: 'array' });
    const name = this.#nameOf(text);
    return client.query({ ...(name && { name }), text, values: [...values], rowMode: 'array' });
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MOST_NAMED) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#config(), pipeline: true } as pg.ClientConfig);
    const lost = () => {
      if (this.#client === client) this.#client = null;
    };
    client.on('error', lost);
    client.on('end', lost);
    await client.connect();
    this.#backend = await backendOf(client).catch((error: unknown) => {
      this.#cut(client);
      throw error;
    });
    this.#number += 1;
    return client;
  }

  /**
   * A network that goes away says nothing: whoever waits for an answer then would do so for a quarter of an hour, or for ever (tcp(7),
   * tcp_retries2). A statement may take long, so it is asked by another connection whether the backend is still there.
   */
  async #watch(client: pg.Client, answered: AbortSignal): Promise<void> {
    while (!answered.aborted) {
      await sleep(systemClock, SILENCE_MS, answered).catch(() => {});
      if (answered.aborted || (await this.#isThere())) continue;
      if (!answered.aborted) this.#cut(client);
    }
  }

  /** Whether the backend works on; true where PostgreSQL answers and does not say. */
  async #isThere(): Promise<boolean> {
    const other = this.#another();
    try {
      await other.connect();
      const { rowCount } = await other.query('SELECT FROM pg_stat_activity WHERE pid = $1', [this.#backend]);
      return rowCount === 1;
    } catch (error) {
      return failureOf(error).state !== null;
    } finally {
      void other.end().catch(() => {});
    }
  }

  #config(): pg.ClientConfig {
    return {
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
      application_name: 'vramkeeper',
      options: this.#order.options,
    };
  }

  async #cancel(): Promise<void> {
    const other = this.#another();
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [this.#backend]);
    } catch {
      // What cannot be told to end ends by its own time limit.
    } finally {
      await other.end().catch(() => {});
    }
  }

  /** For a short question beside the one that is waited for. */
  #another(): pg.Client {
    const other = new pg.Client({ ...this.#config(), query_timeout: CONNECT_MS });
    other.on('error', () => {});
    return other;
  }

  /** Without a farewell: nobody may be there to answer it. What it still waits for fails. */
  #cut(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
    client.connection.stream.destroy();
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const question = { text: 'SELECT pg_backend_pid()', rowMode: 'array', query_timeout: CONNECT_MS } as const;
  const { rows } = await client.query(question);
  return Number(rows[0]?.[0]);
}

const LOST: WireFailure = { message: 'The connection to PostgreSQL was lost', state: null, isLost: true };

/** PostgreSQL ends the connection with these: https://www.postgresql.org/docs/current/errcodes-appendix.html, classes 08 and 57. */
const ENDING = /^(08...|57P0[1-5]|25P03)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

function failureOf(error: unknown): WireFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const state = SQLSTATE.test(code) ? code : null;
  return { message: messageOf(error), state, isLost: state === null || ENDING.test(state) };
}

const { url } = workerData as SocketsSettings;
parentPort?.on('message', (order: SocketOrder) => new Socket(url, order));
