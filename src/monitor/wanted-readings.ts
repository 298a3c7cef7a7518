/** Readings that the loop asks for between the regular ones. */
import type { Clock, Timer } from '../clock.ts';
import type { BackendId } from '../domain/ids.ts';
import type { Monitor } from './monitor.ts';

/** For several wishes to become one, and for a card to change. */
const SOON_MS = 100;

export class WantedReadings {
  readonly #clock: Clock;
  readonly #monitor: Pick<Monitor, 'poke'>;
  readonly #due = new Map<BackendId, Timer>();

  constructor(clock: Clock, monitor: Pick<Monitor, 'poke'>) {
    this.#clock = clock;
    this.#monitor = monitor;
  }

  /** One of the memory; what is under way will do if it began at `since` (epoch milliseconds) or later. */
  now(backendId: BackendId, since: number): void {
    this.#due.get(backendId)?.cancel();
    this.#due.delete(backendId);
    void this.#monitor.poke(backendId, { since, detail: 'memory' });
  }

  soon(backendId: BackendId): void {
    if (this.#due.has(backendId)) return;
    const timer = this.#clock.after(SOON_MS, () => {
      this.#due.delete(backendId);
      void this.#monitor.poke(backendId);
    });
    this.#due.set(backendId, timer);
  }

  /** Asks for no more of them. */
  stop(): void {
    for (const timer of this.#due.values()) timer.cancel();
    this.#due.clear();
  }
}
