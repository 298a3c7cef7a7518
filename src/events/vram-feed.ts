/** Says that memory, instances or backends changed; the reader takes the state from the system view. */
import type { Clock } from '../clock.ts';
import { DemandStream } from './demand-stream.ts';
import { type EventLog, type LogEntry, VRAM_KEY } from './event-log.ts';
import { KeyReader } from './log-reader.ts';
import { restInterval } from './rest-interval.ts';

export interface VramNotice {
  /** Epoch milliseconds of the change; of the subscription for the first. */
  readonly at: number;
}

export interface VramFeedOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** At least this long between two notices. */
  readonly minIntervalMs: number;
}

/** One notice at once, then one per change, changes within the interval merged into one at its end. */
export class VramFeed extends DemandStream<VramNotice> {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #minIntervalMs: number;
  readonly #reader: KeyReader;
  /** Of the clock's monotonic time; null before the first. */
  #lastSent: number | null = null;

  constructor({ log, clock, minIntervalMs }: VramFeedOptions) {
    super();
    this.#log = log;
    this.#clock = clock;
    this.#minIntervalMs = minIntervalMs;
    this.#reader = new KeyReader(log, VRAM_KEY, log.newest);
  }

  protected async produce(): Promise<VramNotice | undefined> {
    if (this.#lastSent === null) return this.#tell({ at: this.#clock.now() });
    await restInterval((register) => this.waitOn(register), {
      clock: this.#clock,
      log: this.#log,
      minIntervalMs: this.#minIntervalMs,
      since: this.#lastSent,
    });
    while (!this.ended && !this.#log.ended) {
      const result = this.#reader.read();
      if (result.kind === 'entry') return this.#tell(noticeOf(result.entry));
      // The state is read afresh with every notice, so an overrun only means that something changed.
      if (result.kind === 'overrun') {
        this.#reader.moveTo(this.#log.newest);
        return this.#tell({ at: this.#clock.now() });
      }
      await this.waitOn((wake) => this.#log.onNext(VRAM_KEY, wake));
    }
    return undefined;
  }

  #tell(notice: VramNotice): VramNotice {
    this.#lastSent = this.#clock.monotonic();
    return notice;
  }
}

/** One object for all readers of an entry, so that an answer made from it serves all of them. */
const notices = new WeakMap<LogEntry, VramNotice>();

function noticeOf(entry: LogEntry): VramNotice {
  const notice = notices.get(entry) ?? { at: entry.at };
  notices.set(entry, notice);
  return notice;
}
