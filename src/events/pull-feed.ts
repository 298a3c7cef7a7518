/** The stream behind `pullUpdated`: a download as it is, then as it gets on, to its end. */
import type { ModelPull, ModelPullId } from '../domain/model-operations.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { KeyReader } from './log-reader.ts';

export interface PullFeedOptions {
  readonly log: EventLog;
  readonly id: ModelPullId;
  /** The download as it is now; null when it is forgotten. */
  readonly find: (id: ModelPullId) => ModelPull | null;
}

/** Changes that a slow reader did not take are merged into the newest; its end is never lost. */
export class PullFeed extends DemandStream<ModelPull> {
  readonly #log: EventLog;
  readonly #id: ModelPullId;
  readonly #find: PullFeedOptions['find'];
  readonly #reader: KeyReader;
  /** What this reader was told last. */
  #told: ModelPull | null = null;

  constructor({ log, id, find }: PullFeedOptions) {
    super();
    this.#log = log;
    this.#id = id;
    this.#find = find;
    this.#reader = new KeyReader(log, id, log.newest);
  }

  protected async produce(): Promise<ModelPull | undefined> {
    if (this.#told === null) {
      // The position and the state are taken in one tick, so nothing falls between.
      this.#reader.moveTo(this.#log.newest);
      return this.#tell(this.#find(this.#id));
    }
    while (this.#told.status === 'RUNNING' && !this.ended && !this.#log.ended) {
      const result = this.#reader.read();
      if (result.kind === 'entry' && result.entry.event.kind === 'pull') {
        return this.#tell(result.entry.event.pull);
      }
      if (result.kind === 'overrun') {
        this.#reader.moveTo(this.#log.newest);
        return this.#tell(this.#find(this.#id));
      }
      await this.waitOn((wake) => this.#log.onNext(this.#id, wake));
    }
    return undefined;
  }

  /** Undefined, which completes the stream, when it is forgotten. */
  #tell(pull: ModelPull | null): ModelPull | undefined {
    this.#told = pull;
    return pull ?? undefined;
  }
}
