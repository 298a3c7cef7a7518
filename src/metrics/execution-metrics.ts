/** How the work itself goes: when answers begin, what loads come to nothing, and how near the predictions of memory are. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { FailureCode } from '../domain/errors.ts';
import { LEAVE_CAUSES, type LeaveCause } from '../domain/instance.ts';
import type { Job } from '../domain/job.ts';
import type { BoundedLabel } from './bounded-label.ts';

/** From a model in memory with a short prompt to a job that waited for a night. */
const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200];
const PREFILL_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Parts of what was measured. */
const ERROR_RATIOS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

export class ExecutionMetrics {
  readonly #model: BoundedLabel;
  readonly #sinceSubmission: Histogram<'model'>;
  readonly #sinceStart: Histogram<'model'>;
  readonly #loadFailures: Counter<'backend' | 'code'>;
  readonly #leaving: Counter<'reason'>;
  readonly #footprintErrors: Histogram<'direction'>;

  constructor(registry: Registry, model: BoundedLabel) {
    const registers = [registry];
    this.#model = model;
    this.#sinceSubmission = new Histogram({
      name: 'vramkeeper_first_token_seconds',
      help: 'From the submission of a job to the first text of its answer, by model. Of jobs that were not tried before.',
      labelNames: ['model'],
      buckets: FIRST_TOKEN_SECONDS,
      registers,
    });
    this.#sinceStart = new Histogram({
      name: 'vramkeeper_first_token_after_start_seconds',
      help: 'From the start of a run to the first text of its answer, by model.',
      labelNames: ['model'],
      buckets: PREFILL_SECONDS,
      registers,
    });
    this.#loadFailures = new Counter({
      name: 'vramkeeper_load_failures_total',
      help: 'Loads that came to nothing, by backend and code.',
      labelNames: ['backend', 'code'],
      registers,
    });
    this.#leaving = new Counter({
      name: 'vramkeeper_leaving_models_total',
      help: 'Models in memory that were told to leave, by reason. ROOM is for another model.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of LEAVE_CAUSES) this.#leaving.inc({ reason }, 0);
    this.#footprintErrors = new Histogram({
      name: 'vramkeeper_footprint_error_ratio',
      help: 'By which part of what it took in truth the memory planned for a loaded model was too large (over) or too small (under).',
      labelNames: ['direction'],
      buckets: ERROR_RATIOS,
      registers,
    });
  }

  /** The first text of a run came. @param at epoch milliseconds */
  answerBegan({ createdAt, history, modelName, startedAt }: Job, at: number): void {
    const labels = { model: this.#model.of(modelName) };
    if (history.length === 0) this.#sinceSubmission.observe(labels, seconds(createdAt, at));
    if (startedAt !== null) this.#sinceStart.observe(labels, seconds(startedAt, at));
  }

  loadFailed(backend: string, code: FailureCode): void {
    this.#loadFailures.inc({ backend, code });
  }

  leaving(reason: LeaveCause): void {
    this.#leaving.inc({ reason });
  }

  /** A model was loaded whose memory on GPUs is known. In bytes. */
  footprintMeasured(predicted: number, measured: number): void {
    if (measured <= 0) return;
    const direction = predicted >= measured ? 'over' : 'under';
    this.#footprintErrors.observe({ direction }, Math.abs(predicted - measured) / measured);
  }
}

function seconds(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}
