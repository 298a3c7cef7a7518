/**
 * Ends reads of which nobody knows how long they take. SQLite looks at rows until it has what was asked for, which may be a
 * million of them for a page of none; node:sqlite cannot interrupt it. So such statements call back every few hundred rows, and
 * what is thrown there ends them.
 */
import type { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../clock.ts';
import { CallerGoneError, ReadTooLongError } from '../../domain/errors.ts';
import type { Allowance } from '../threads/protocol.ts';

/** To be the first term of a condition on `jobs`: true, or the end of the statement. */
export const PATIENT = '(jobs.sequence & 255 OR go_on())';

/** The same for other tables, of which there are fewer rows: asked at each. */
export const PATIENT_ROW = 'go_on()';

export class Patience {
  readonly #abandoned: Int32Array;
  #ticket = -1;
  #endsAt = Number.POSITIVE_INFINITY;

  constructor(database: DatabaseSync, abandoned: Int32Array) {
    this.#abandoned = abandoned;
    database.function('go_on', () => {
      this.goOn();
      return 1;
    });
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
