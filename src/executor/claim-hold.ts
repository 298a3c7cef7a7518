/** Whether a claim is on disk yet. Who runs on one that is not works on, and says nothing. */
export class ClaimHold {
  /** Resolves with whether it came to be. Never rejects. */
  readonly settled: Promise<boolean>;
  readonly #settle: (isHeld: boolean) => void;
  #isHeld = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.settled = promise;
    this.#settle = resolve;
  }

  /** Of a claim whose commit was seen. */
  static held(): ClaimHold {
    const hold = new ClaimHold();
    hold.settle(true);
    return hold;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  settle(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#settle(isHeld);
  }
}
