/**
 * The loop of a server that handles ends of requests and unloads, one after the other: while it waits for the memory of one model it does
 * nothing else, so that a second unload, and the end of a request, wait too.
 */
export class LeavingLoop {
  readonly #events: ((free: () => void) => void)[] = [];
  #isBusy = false;

  /** @param event calls `free` when the loop may go on. */
  add(event: (free: () => void) => void): void {
    this.#events.push(event);
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    const event = this.#events.shift();
    this.#isBusy = event !== undefined;
    event?.(() => this.#next());
  }
}
