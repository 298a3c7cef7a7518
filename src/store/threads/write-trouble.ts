/** Whether what is written reaches the disk: from a failure that a person has to do something about until writes go well again. */
import { StoreUnwritableError } from '../../domain/errors.ts';
import { failureOf } from './failures.ts';

/** A small write may find room where the next large one does not, so one that goes well proves little. */
const QUIET_MS = 5_000;

export class WriteTrouble {
  #problem: string | null = null;
  #failedAt = 0;

  /** What is wrong and what to do; null when nothing is. */
  get problem(): string | null {
    return this.#problem;
  }

  /** @param now the store's time, as below. */
  failed(error: unknown, now: number): void {
    const { code, message } = failureOf(error);
    if (code !== StoreUnwritableError.CODE) return;
    this.#problem = message;
    this.#failedAt = now;
  }

  /** Something was written. */
  worked(now: number): void {
    // A clock that was put back must not keep the problem for as long.
    if (Math.abs(now - this.#failedAt) >= QUIET_MS) this.#problem = null;
  }
}
