/** What several batches of work share: rates change with each beginning and each end, and the next end is the one timer. */
import type { Clock, Timer } from '../../clock.ts';
import type { Batch } from './batch.ts';

/** The share of its own rate that each batch gets, of those that have work. */
export type SpeedOf<Key> = (key: Key, working: readonly Key[]) => number;

export class Processor<Key> {
  readonly #clock: Clock;
  readonly #speedOf: SpeedOf<Key>;
  readonly #batches = new Map<Key, Batch>();
  #timer: Timer | null = null;

  constructor(clock: Clock, speedOf: SpeedOf<Key>) {
    this.#clock = clock;
    this.#speedOf = speedOf;
  }

  add(key: Key, newBatch: () => Batch, workMs: number, done: () => void): void {
    this.#settle();
    let batch = this.#batches.get(key);
    if (!batch) {
      batch = newBatch();
      batch.settle(this.#clock.monotonic());
      this.#batches.set(key, batch);
    }
    batch.add(workMs, done);
    this.#plan();
  }

  #settle(): void {
    const at = this.#clock.monotonic();
    for (const batch of this.#batches.values()) batch.settle(at);
  }

  #plan(): void {
    const working = [...this.#batches.keys()];
    let nextInMs = Number.POSITIVE_INFINITY;
    for (const [key, batch] of this.#batches) {
      batch.setSpeed(this.#speedOf(key, working));
      nextInMs = Math.min(nextInMs, batch.nextInMs());
    }
    this.#timer?.cancel();
    this.#timer = Number.isFinite(nextInMs) ? this.#clock.after(nextInMs, () => this.#end()) : null;
  }

  #end(): void {
    this.#settle();
    const ended: (() => void)[] = [];
    for (const [key, batch] of this.#batches) {
      for (const done of batch.takeDone()) ended.push(done);
      if (batch.size === 0) this.#batches.delete(key);
    }
    this.#plan();
    for (const done of ended) done();
  }
}
