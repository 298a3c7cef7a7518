/** The stream behind `cellLog`: the last lines that a server process wrote, then what it goes on to write, until it has ended. */
import type { Clock } from '../clock.ts';
import { LogReader, type NewLines } from '../domain/log-lines.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { restInterval } from './rest-interval.ts';

export interface CellLogLook {
  /** The newest, oldest first. */
  readonly lines: readonly string[];
  /** The process has ended: nothing more will be written. */
  readonly isEnd: boolean;
}

export interface CellLogFeedOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** Of those that are there at first, so many are told. */
  readonly lines: number;
  /** Null when the process is forgotten. */
  look(): Promise<CellLogLook | null>;
}

const LOOK_MS = 500;

/** The file is looked at while somebody follows it: its process writes to it without us. */
export class CellLogFeed extends DemandStream<NewLines> {
  readonly #options: CellLogFeedOptions;
  readonly #reader = new LogReader();
  /** Of the clock's monotonic time; null before the first. */
  #lookedAt: number | null = null;
  #isOver = false;

  constructor(options: CellLogFeedOptions) {
    super();
    this.#options = options;
  }

  protected async produce(): Promise<NewLines | undefined> {
    const { clock, lines, log, look } = this.#options;
    while (!this.ended && !log.ended && !this.#isOver) {
      const since = this.#lookedAt;
      if (since !== null)
        await restInterval((register) => this.waitOn(register), {
          clock,
          log,
          minIntervalMs: LOOK_MS,
          since,
        });
      const seen = await look();
      this.#lookedAt = clock.monotonic();
      if (!seen) return undefined;
      this.#isOver = seen.isEnd;
      const news = this.#reader.take(seen.lines, seen.isEnd);
      if (since === null) return { lines: news.lines.slice(-lines), gap: false };
      if (news.lines.length > 0) return news;
    }
    return undefined;
  }
}
