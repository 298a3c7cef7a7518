/** Ends reads of which nobody knows how long they take, and those whose caller has gone. */
import { systemClock } from '../../clock.ts';
import { CallerGoneError, ReadTooLongError } from '../../domain/errors.ts';
import type { Allowance } from './protocol.ts';

export class Patience {
  readonly #abandoned: Int32Array;
  #ticket = -1;
  #endsAt = Number.POSITIVE_INFINITY;

  /** @param abandoned see `sharedCell` */
  constructor(abandoned: Int32Array) {
    this.#abandoned = abandoned;
  }

  /** From now on the read has this allowance; without one it may take as long as it likes. */
  grant(allowance: Allowance | undefined): void {
    this.#ticket = allowance?.ticket ?? -1;
    this.#endsAt = systemClock.monotonic() + (allowance?.withinMs ?? Number.POSITIVE_INFINITY);
  }

  /** @throws CallerGoneError, ReadTooLongError */
  readonly goOn = (): void => {
    if (this.#ticket >= 0 && Atomics.load(this.#abandoned, 0) === this.#ticket) throw new CallerGoneError();
    if (systemClock.monotonic() > this.#endsAt) throw new ReadTooLongError();
  };
}
