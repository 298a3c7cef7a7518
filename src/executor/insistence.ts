/** Writes that must not be lost are tried until they succeed. */
import { type Clock, sleep } from '../clock.ts';
import { loggedMessage, StoreClosedError, UnstorableValueError } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Troubles } from './troubles.ts';

/** Pause before something that must succeed is tried again. */
const TRY_AGAIN_MS = 1_000;
const RESULT = { kind: 'RESULT', instanceId: null } as const;

export interface InsistenceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly troubles: Troubles;
  /** Aborts when the server stops at once. */
  readonly stopped: AbortSignal;
}

export class Insistence {
  readonly #options: InsistenceOptions;

  constructor(options: InsistenceOptions) {
    this.#options = options;
  }

  /** Tries until it succeeds or the store is closed (then a restart finds the job again). */
  async on<T>(operation: () => Promise<T>): Promise<T> {
    const { logger, troubles, stopped } = this.#options;
    for (;;) {
      try {
        const answer = await operation();
        troubles.over(RESULT);
        return answer;
      } catch (error) {
        // The same call would fail again.
        if (error instanceof UnstorableValueError) throw error;
        if (error instanceof StoreClosedError || stopped.aborted) throw error;
        const message = loggedMessage(error);
        logger.error(`A result could not be stored and is tried again: ${message}`);
        troubles.failed({ ...RESULT, message });
        await this.pause();
      }
    }
  }

  /** Ends early when the server stops. */
  pause(ms = TRY_AGAIN_MS): Promise<void> {
    return sleep(this.#options.clock, ms, this.#options.stopped).catch(() => {});
  }
}
