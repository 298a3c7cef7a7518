/** The store without a disk: the same operations on rows in memory, for tests and simulated runs. Nothing outlives `stop`. */
import type { Clock } from '../../clock.ts';
import type { ClientTable } from '../../domain/client-limits.ts';
import {
  CallerGoneError,
  messageOf,
  StoreClosedError,
  StoreFailedError,
  VramkeeperError,
} from '../../domain/errors.ts';
import type { ServerId } from '../../domain/ids.ts';
import { NO_JOBS } from '../../domain/job.ts';
import type { ReadScope, Store } from '../../domain/store.ts';
import type { AnswerOf, CallOf, InputOf, Operations, Reads } from '../operation.ts';
import { perform } from '../operations/operations.ts';
import { QueueWriter } from '../queue-writer.ts';
import { SILENT, StoreBase, type StoreLogger } from '../store-base.ts';
import { memoryReads } from './memory-reads.ts';
import { MemoryTables } from './memory-tables.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly serverId: ServerId;
  readonly logger?: StoreLogger;
  /** What single clients may take. Absent: no limits. */
  readonly clients?: ClientTable | undefined;
}

export function createMemoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options);
}

class MemoryStore extends StoreBase {
  readonly #tables = new MemoryTables();
  readonly #writer: QueueWriter;
  readonly #reads = memoryReads(this.#tables, () => this.#writer.revision);
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: MemoryStoreOptions) {
    super(options.clock, options.logger ?? SILENT, options.clients);
    const nothing = { counts: NO_JOBS, delayed: 0, buckets: [], clients: [], sequence: 0, revision: 0 };
    this.#writer = new QueueWriter(this.#tables, nothing, options.clients);
  }

  /** It has one life. */
  readonly setForwardMs = 0;
  /** There is no disk to fail. */
  readonly writeProblem = null;

  async start(): Promise<void> {
    if (this.#state === 'stopped') throw new StoreClosedError('The store was stopped. Make another.');
    this.#state = 'started';
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
  }

  protected async write<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K>,
  ): Promise<AnswerOf<Operations, K>> {
    this.#mustBeStarted();
    const mark = this.#writer.mark();
    this.#writer.now = this.clock.now();
    try {
      const call = { kind, input } as unknown as CallOf<Operations, K>;
      const answer = perform(this.#writer, call);
      const report = this.#writer.report();
      // Settled first: a listener may write again at once.
      this.#writer.settle();
      this.applyCommit(report);
      return answer;
    } catch (error) {
      this.#tables.undo(this.#writer.rollBack(mark));
      if (error instanceof VramkeeperError) throw error;
      throw new StoreFailedError(`The store could not do this: ${messageOf(error)}.`, { cause: error });
    }
  }

  protected async read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    scope?: ReadScope,
  ): Promise<AnswerOf<Reads, K>> {
    this.#mustBeStarted();
    if (scope?.signal?.aborted) throw new CallerGoneError();
    return this.#reads[kind](input);
  }

  #mustBeStarted(): void {
    if (this.#state === 'started') return;
    throw new StoreClosedError(`The store ${this.#state === 'new' ? 'is not started' : 'was stopped'}.`);
  }
}
