/** What takes down the past: of the scheduler's state, of its decisions and of jobs. */
import type { Clock } from '../clock.ts';
import type { JobChange, Store } from '../domain/store.ts';
import { ResidencyRecorder } from '../history/residency-recorder.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface PastParts {
  readonly store: Store;
  readonly loop: SchedulerLoop;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

export class Past {
  readonly #loop: SchedulerLoop;
  readonly #residencies: ResidencyRecorder;

  constructor({ store, loop, clock, logger }: PastParts) {
    this.#loop = loop;
    this.#residencies = new ResidencyRecorder({
      store: store.history.residencies,
      decisions: loop.decisions,
      isThere: (id) => loop.state.backends.get(id)?.health !== 'UNREACHABLE',
      clock,
      logger,
    });
  }

  /** Before anything is decided. */
  async start(): Promise<void> {
    await this.#residencies.start();
  }

  /** When nothing is decided any more, and before the store stops. */
  async stop(): Promise<void> {
    await this.#residencies.stop();
  }

  /** To be called whenever the scheduler's state has changed. */
  stateChanged(): void {
    this.#residencies.look(this.#loop.state.instances);
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    this.#residencies.jobsChanged(changes);
  }
}
