/** The store of one machine: SQLite, one writer thread and one reader thread. */
import type { Clock } from '../../clock.ts';
import { messageOf, StoreClosedError } from '../../domain/errors.ts';
import type { ServerId } from '../../domain/ids.ts';
import type { Store } from '../../domain/store.ts';
import type { AnswerOf, InputOf, Operations, Reads } from '../operation.ts';
import { SILENT, StoreBase, type StoreLogger } from '../store-base.ts';
import type { WorkerSettings } from './protocol.ts';
import { WorkerLine } from './worker-line.ts';

const LEASE_MS = 30_000;
/** Bounds the time that one commit keeps the ones after it waiting. */
const GROUP_LIMIT = 1_024;

export interface SqliteStoreOptions {
  /** Created, for its owner alone, when it does not exist. */
  readonly dataDir: string;
  readonly serverId: ServerId;
  readonly clock: Clock;
  /** How long others wait before they take this server for dead. */
  readonly leaseMs?: number;
  /** The most operations in one commit. */
  readonly groupLimit?: number;
  readonly logger?: StoreLogger;
  /** One of its threads ended without being asked to: every call fails from now on, and only another store can go on. */
  readonly onDeath?: (error: StoreClosedError) => void;
}

export function createSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}

class SqliteStore extends StoreBase {
  readonly #options: SqliteStoreOptions;
  #writer: WorkerLine<Operations> | undefined;
  #reader: WorkerLine<Reads> | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: SqliteStoreOptions) {
    super(options.logger ?? SILENT);
    this.#options = options;
  }

  start(): Promise<void> {
    if (this.#stopping) return Promise.reject(new StoreClosedError('The store was stopped. Make another.'));
    this.#starting ??= this.#open();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  protected write<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K>,
  ): Promise<AnswerOf<Operations, K>> {
    return this.#writer ? this.#writer.call(kind, input) : notStarted();
  }

  protected read<K extends keyof Reads>(kind: K, input: InputOf<Reads, K>): Promise<AnswerOf<Reads, K>> {
    return this.#reader ? this.#reader.call(kind, input) : notStarted();
  }

  async #open(): Promise<void> {
    const { clock, dataDir, serverId, leaseMs = LEASE_MS, groupLimit = GROUP_LIMIT } = this.#options;
    const settings: WorkerSettings = { dataDir, serverId, leaseMs, groupLimit, now: clock.now() };
    const line = (name: 'writer' | 'reader') => ({
      name,
      settings,
      now: () => clock.now(),
      onReport: (report: Parameters<typeof this.applyCommit>[0]) => this.applyCommit(report),
      onDeath: (error: StoreClosedError) => {
        this.logger.error(
          { worker: name, error: messageOf(error.cause ?? error) },
          'The store stopped working.',
        );
        this.#options.onDeath?.(error);
      },
    });
    this.#writer = new WorkerLine<Operations>(line('writer'));
    await this.#writer.ready();
    // Only now is there a database to read.
    this.#reader = new WorkerLine<Reads>(line('reader'));
    try {
      await this.#reader.ready();
    } catch (error) {
      await this.#writer.stop();
      throw error;
    }
  }

  async #close(): Promise<void> {
    // A start that failed has told its caller; what it opened is closed all the same.
    await this.#starting?.catch(() => {});
    await this.#reader?.stop();
    await this.#writer?.stop();
  }
}

function notStarted(): Promise<never> {
  return Promise.reject(new StoreClosedError('The store is not started.'));
}
