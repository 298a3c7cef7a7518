/** The operations of one socket, each with a signal that aborts when its client completes it or is gone. */
export class SocketOperations {
  readonly #gone: AbortSignal;
  readonly #running = new Map<string, AbortController>();

  constructor(gone: AbortSignal) {
    this.#gone = gone;
  }

  begin(id: string): AbortSignal {
    const operation = new AbortController();
    this.#running.set(id, operation);
    return AbortSignal.any([this.#gone, operation.signal]);
  }

  /** Ends those that are not among the socket's subscriptions any more: graphql-ws takes them out and tells nobody. */
  endOthersThan(subscriptions: Readonly<Record<string, unknown>>): void {
    for (const [id, operation] of this.#running) {
      if (id in subscriptions) continue;
      this.#running.delete(id);
      operation.abort();
    }
  }
}
