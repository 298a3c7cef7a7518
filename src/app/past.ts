/** What takes down the past: of the scheduler's state, of its decisions and of jobs. */
import type { Clock } from '../clock.ts';
import { isStale } from '../domain/gpu.ts';
import { inMillionths } from '../domain/price.ts';
import type { GpuSample, LifetimeCounts } from '../domain/sample.ts';
import type { JobChange, Store } from '../domain/store.ts';
import { DecisionRecorder } from '../history/decision-recorder.ts';
import { ResidencyRecorder } from '../history/residency-recorder.ts';
import { Sampler } from '../history/sampler.ts';
import { gpusOf } from '../scheduler/ledger/cards.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import type { SchedulerState } from '../scheduler/state.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobStatistics } from '../view/job-statistics.ts';
import type { SwapCounter } from '../view/swap-counter.ts';

export interface PastParts {
  readonly store: Store;
  readonly loop: SchedulerLoop;
  readonly statistics: Pick<JobStatistics, 'tokens' | 'cost' | 'truncatedPrompts'>;
  readonly swaps: Pick<SwapCounter, 'stats'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

export class Past {
  readonly #loop: SchedulerLoop;
  readonly #decisions: DecisionRecorder;
  readonly #residencies: ResidencyRecorder;
  readonly #sampler: Sampler;

  constructor({ store, loop, statistics, swaps, clock, logger }: PastParts) {
    this.#loop = loop;
    this.#decisions = new DecisionRecorder({
      store: store.history.decisions,
      log: loop.decisions,
      clock,
      logger,
    });
    this.#residencies = new ResidencyRecorder({
      store: store.history.residencies,
      decisions: loop.decisions,
      isThere: (id) => loop.state.backends.get(id)?.health !== 'UNREACHABLE',
      clock,
      logger,
    });
    this.#sampler = new Sampler({
      store: store.history.samples,
      gpus: () => gpuSamples(loop.state, clock.now()),
      totals: () => ({
        ...swaps.stats,
        ...statistics.tokens,
        costMillionths: inMillionths(statistics.cost),
        truncatedPrompts: statistics.truncatedPrompts,
      }),
      jobs: () => ({ waiting: store.counts().PENDING, running: store.counts().RUNNING }),
      clock,
      logger,
    });
  }

  /** Before anything is decided. */
  async start(): Promise<void> {
    await this.#decisions.start();
    await this.#residencies.start();
    await this.#sampler.start();
  }

  /** What has ever been counted in this data directory. */
  get lifetime(): LifetimeCounts {
    return this.#sampler.lifetime;
  }

  /** When nothing is decided any more, and before the store stops. */
  async stop(): Promise<void> {
    await this.#residencies.stop();
    await this.#sampler.stop();
    await this.#decisions.stop();
  }

  /** To be called whenever the scheduler's state has changed. */
  stateChanged(): void {
    this.#residencies.look(this.#loop.state.instances);
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    this.#residencies.jobsChanged(changes);
    this.#sampler.jobsChanged(changes);
  }
}

/** Of the cards whose reading is of now. */
function gpuSamples(state: SchedulerState, now: number): readonly GpuSample[] {
  return [...state.backends.values()].flatMap((backend) =>
    gpusOf(state, backend)
      .filter(({ usage }) => !isStale(usage, backend.gpuIntervalMs, now))
      .map(({ id, usage, activity }) => ({
        gpuId: id,
        readings: 1,
        usedBytes: usage.usedBytes,
        instanceBytes: usage.instanceBytes,
        foreignBytes: usage.foreignBytes,
        reservedBytes: usage.reservedBytes,
        freeBytes: usage.freeBytes,
        ...activity,
      })),
  );
}
