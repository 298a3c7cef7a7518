/** The stream behind `pullsUpdated`: every download as it is, then each as it gets on. */
import type { ModelPull } from '../domain/model-operations.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { ScanReader } from './log-reader.ts';

export interface PullsFeedOptions {
  readonly log: EventLog;
  /** Those that are known, newest first. */
  all(): readonly ModelPull[];
}

/** Of a download whose changes a slow reader did not take, the newest is told; its end is never lost. */
export class PullsFeed extends DemandStream<ModelPull> {
  readonly #log: EventLog;
  readonly #all: PullsFeedOptions['all'];
  readonly #reader: ScanReader;
  /** As they were at first, the oldest first; null before they were looked at, and once the log has lost what came since. */
  #present: ModelPull[] | null = null;

  constructor({ log, all }: PullsFeedOptions) {
    super();
    this.#log = log;
    this.#all = all;
    this.#reader = new ScanReader(log, log.newest, (event) => event.kind === 'pull');
  }

  protected async produce(): Promise<ModelPull | undefined> {
    while (!this.ended && !this.#log.ended) {
      this.#present ??= this.#look();
      const present = this.#present.shift();
      if (present) return present;
      const result = this.#reader.read();
      if (result.kind === 'entry' && result.entry.event.kind === 'pull') return result.entry.event.pull;
      if (result.kind === 'overrun') this.#present = null;
      else await this.waitOn((wake) => this.#log.onNext(null, wake));
    }
    return undefined;
  }

  /** The position and the state are taken in one tick, so nothing falls between. */
  #look(): ModelPull[] {
    this.#reader.moveTo(this.#log.newest);
    return this.#all().toReversed();
  }
}
