/** The stream behind `batchUpdated`: a batch as it is, then as its jobs get on, to the end of the last one. */
import type { Clock } from '../clock.ts';
import type { Batch } from '../domain/batch.ts';
import type { BatchId } from '../domain/ids.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { isOfBatch, ScanReader } from './log-reader.ts';
import { restInterval } from './rest-interval.ts';

export interface BatchFeedOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly id: BatchId;
  /** At least this long between two events. */
  readonly minIntervalMs: number;
  /** The batch as it is now; null when it is forgotten. */
  load(id: BatchId): Promise<Batch | null>;
}

/** The batch is read when a reader asks for it, so a slow one is told the newest state only. */
export class BatchFeed extends DemandStream<Batch> {
  readonly #options: BatchFeedOptions;
  readonly #reader: ScanReader;
  /** Of the clock's monotonic time; null before the first. */
  #lastSent: number | null = null;
  #complete = false;

  constructor(options: BatchFeedOptions) {
    super();
    const { id, log } = options;
    this.#options = options;
    this.#reader = new ScanReader(log, log.newest, isOfBatch(id));
  }

  protected async produce(): Promise<Batch | undefined> {
    const { clock, log, minIntervalMs } = this.#options;
    if (this.#lastSent === null) return this.#tell();
    if (this.#complete) return undefined;
    await restInterval((register) => this.waitOn(register), {
      clock,
      log,
      minIntervalMs,
      since: this.#lastSent,
    });
    while (!this.ended && !log.ended) {
      if (this.#reader.read().kind !== 'nothing') return this.#tell();
      await this.waitOn((wake) => log.onNext(null, wake));
    }
    return undefined;
  }

  /** What happened before it is read is in it. */
  async #tell(): Promise<Batch | undefined> {
    const { clock, id, load, log } = this.#options;
    this.#reader.moveTo(log.newest);
    const batch = await load(id);
    this.#lastSent = clock.monotonic();
    this.#complete = batch?.finishedAt !== null;
    return batch ?? undefined;
  }
}
