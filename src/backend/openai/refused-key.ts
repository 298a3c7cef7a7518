/** That a server refuses the key of work, while it tells its models to all: a reading alone would find it well. */
import type { Clock } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';

/** So long jobs are kept back; then one may try. */
const KEPT_BACK_MS = 60_000;
const REFUSES_KEY: readonly (number | null | undefined)[] = [401, 403];

export class RefusedKey {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #refused: { readonly error: BackendError; readonly until: number } | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Whether a run failed for its key. */
  note(error: unknown): boolean {
    if (!(error instanceof BackendError) || !REFUSES_KEY.includes(error.answer?.status)) return false;
    this.#refused = { error, until: this.#clock.monotonic() + KEPT_BACK_MS };
    return true;
  }

  /** A run was done. */
  over(): void {
    this.#refused = null;
  }

  /** @throws BackendError while the last word was a refusal */
  check(): void {
    if (this.#refused && this.#clock.monotonic() < this.#refused.until) throw this.#refused.error;
    this.#refused = null;
  }
}
