/**
 * The way onto an instance. Most requests run beside each other; one that may have ended an instance before has it to itself, so that
 * nobody else suffers if it does so again, and what it died of is known. First come, first served.
 */
interface Entrant<Guest> {
  readonly guest: Guest;
  readonly alone: boolean;
  enter(): void;
  refuse(reason: unknown): void;
}

export class Gate<Guest> {
  readonly #waiting: Entrant<Guest>[] = [];
  readonly #inside = new Set<Guest>();
  #isAlone = false;

  /** Who is on the instance. */
  get inside(): ReadonlySet<Guest> {
    return this.#inside;
  }

  /** Resolves, when it may go, with what has to be called when it is done. Rejects with the signal's reason, or with that of `turnAway`. */
  async enter(guest: Guest, alone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entrant: Entrant<Guest> = { guest, alone, enter: resolve, refuse: reject };
    const onAbort = () => {
      this.#withdraw(entrant);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(entrant);
    this.#admit();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    return () => this.#leave(guest);
  }

  /** Whoever waits is refused. Those who come later may enter. */
  turnAway(reason: unknown): void {
    for (const entrant of this.#waiting.splice(0)) entrant.refuse(reason);
  }

  #withdraw(entrant: Entrant<Guest>): void {
    const place = this.#waiting.indexOf(entrant);
    // It was let in already, in this same moment, and will leave by itself.
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    this.#admit();
  }

  #leave(guest: Guest): void {
    if (!this.#inside.delete(guest)) return;
    this.#isAlone = false;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#isAlone || (next.alone && this.#inside.size > 0)) return;
      this.#waiting.shift();
      this.#inside.add(next.guest);
      this.#isAlone = next.alone;
      next.enter();
    }
  }
}
