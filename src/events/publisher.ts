/** Writes what happened into the event log. */
import type { Clock, Timer } from '../clock.ts';
import type { EventPublisher } from '../domain/events.ts';
import type { BatchId } from '../domain/ids.ts';
import type { JobChange } from '../domain/store.ts';

/** Changes of the system within so long are one event: no reader of memory wants to know more often. */
const GATHER_MS = 50;

export class Publisher {
  readonly #events: EventPublisher;
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(events: EventPublisher, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  jobsChanged(changes: readonly JobChange[]): void {
    const at = this.#clock.now();
    for (const change of changes) this.#events.publish({ kind: 'job', ...change }, at);
  }

  requestsEnded(id: BatchId): void {
    this.#events.publish({ kind: 'batch', id }, this.#clock.now());
  }

  systemChanged(): void {
    this.#timer ??= this.#clock.after(GATHER_MS, () => {
      this.#timer = null;
      this.#events.publish({ kind: 'vram' }, this.#clock.now());
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
