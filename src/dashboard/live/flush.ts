/** Who watches is told at most so often, whatever the rate of events: a change is drawn with all others of its time. */
import { after, now } from './clock.ts';

const INTERVAL_MS = 100;

type Listener = () => void;

export class Flush {
  readonly #due = new Set<Listener>();
  #last = 0;
  #waiting = false;

  /** The first change after a pause is told at once. */
  tell(listeners: Iterable<Listener>): void {
    for (const listener of listeners) this.#due.add(listener);
    if (this.#waiting) return;
    this.#waiting = true;
    const wait = Math.max(0, this.#last + INTERVAL_MS - now());
    after(wait, () => this.#run());
  }

  #run(): void {
    this.#waiting = false;
    this.#last = now();
    const due = [...this.#due];
    this.#due.clear();
    for (const listener of due) listener();
  }
}
