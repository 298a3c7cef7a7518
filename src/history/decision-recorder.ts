/**
 * Takes down what was decided, in the commit of what is done for it where there is one: what is decided in a tick is written with that tick's
 * writes. Jobs that are handed out are taken down twice a second, since a commit of its own for each would double the work of the disk.
 */
import type { Clock, Timer } from '../clock.ts';
import { type Decision, type DecisionJournal, type DecisionStore, laneOf } from '../domain/decision.ts';
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

const DISPATCHES_MS = 500;
const TRY_AGAIN_MS = 10_000;

export interface DecisionRecorderParts {
  readonly store: DecisionStore;
  readonly log: DecisionJournal;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

export class DecisionRecorder {
  readonly #parts: DecisionRecorderParts;
  /** In this tick still. */
  #isDue = false;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;
  #unfollow: (() => void) | null = null;

  constructor(parts: DecisionRecorderParts) {
    this.#parts = parts;
  }

  /** Before anything is decided. */
  async start(): Promise<void> {
    const { log, store } = this.#parts;
    log.restore(await store.recall());
    this.#unfollow = log.onAdded((decision) => this.#note(decision));
  }

  /** When nothing is decided any more. */
  async stop(): Promise<void> {
    this.#unfollow?.();
    await this.#writing;
    await this.#write();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #note(decision: Decision): void {
    if (laneOf(decision) === 'dispatches') this.#writeIn(DISPATCHES_MS);
    else this.#writeInThisTick();
  }

  #writeInThisTick(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      void this.#writeNow();
    });
  }

  #writeIn(ms: number): void {
    this.#timer ??= this.#parts.clock.after(ms, () => {
      this.#timer = null;
      void this.#writeNow();
    });
  }

  /** One after the other: what is decided meanwhile goes with the next. */
  #writeNow(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  /** What cannot be written now is written later, as far as it is still known then. */
  async #write(): Promise<void> {
    const { log, logger, store } = this.#parts;
    try {
      while (log.written < log.end.sequence) {
        const { end } = log;
        await store.keep({ decisions: log.after(log.written, Number.POSITIVE_INFINITY), end });
        log.wrote(end.sequence);
      }
    } catch (error) {
      if (error instanceof StoreClosedError) return;
      logger.error(`Decisions could not be taken down: ${messageOf(error)}`);
      this.#writeIn(TRY_AGAIN_MS);
    }
  }
}
