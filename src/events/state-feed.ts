/** The stream behind `statsChanged` and `queueChanged`: a state as it is, and then the newest whenever there is a newer one. */
import type { Clock } from '../clock.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';
import { SharedState, type SharedStateOptions } from './shared-state.ts';

export class StateFeed<T extends object> extends DemandStream<T> {
  readonly #log: EventLog;
  readonly #state: SharedState<T>;
  readonly #leave: () => void;
  #told: T | null = null;

  /** @param leave called once, when the reader has left. */
  constructor(log: EventLog, state: SharedState<T>, leave: () => void = () => {}) {
    super();
    this.#log = log;
    this.#state = state;
    this.#leave = leave;
  }

  protected async produce(): Promise<T | undefined> {
    let hasWaited = false;
    while (!this.ended && !this.#log.ended) {
      const { value, failure } = this.#state;
      if (hasWaited && failure) throw failure.error;
      // What it has waited for it takes, also where it was slow to come: another wait might end like this one, and so on.
      if (value && value !== this.#told && (hasWaited || !this.#state.isOutdated)) {
        this.#told = value;
        return value;
      }
      await this.waitOn((wake) => this.#state.onNext(wake));
      hasWaited = true;
    }
    return undefined;
  }

  protected override left(): void {
    this.#leave();
  }
}

interface Followed<T extends object> {
  readonly state: SharedState<T>;
  readers: number;
}

/** The states of one kind that are followed. Who follows the same is told by the same objects. */
export class FollowedStates<T extends object> {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed<T>>();

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** How many different ones are followed. */
  get size(): number {
    return this.#followed.size;
  }

  /**
   * @param key says all that the state depends on, and who may see it
   * @param make of whoever follows it first; it outlasts that reader
   */
  follow(key: string, { minIntervalMs, make }: Omit<SharedStateOptions<T>, 'log' | 'clock'>): StateFeed<T> {
    const known = this.#followed.get(key);
    const followed = known ?? {
      state: new SharedState<T>({ log: this.#log, clock: this.#clock, minIntervalMs, make }),
      readers: 0,
    };
    this.#followed.set(key, followed);
    followed.readers += 1;
    return new StateFeed(this.#log, followed.state, () => {
      followed.readers -= 1;
      if (followed.readers === 0) this.#followed.delete(key);
    });
  }
}
