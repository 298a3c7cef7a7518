/** What becomes of jobs, counted with each commit. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { FailureCode } from '../domain/errors.ts';
import { attemptNumber, isTerminal, type Job } from '../domain/job.ts';
import type { JobChange } from '../domain/store.ts';
import type { BoundedLabel } from './bounded-label.ts';

/** From a slot that is free to a night. */
const WAIT_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200];
const RUN_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3_600];

/** Why a run may end by no doing of its backend. */
const NOT_OF_BACKENDS: readonly FailureCode[] = ['DEADLINE_EXCEEDED', 'INTERRUPTED'];

export class JobMetrics {
  readonly #model: BoundedLabel;
  readonly #submitted: Counter<'priority' | 'model'>;
  readonly #ended: Counter<'status' | 'priority' | 'model'>;
  readonly #failures: Counter<'code'>;
  readonly #retries: Counter;
  readonly #backendErrors: Counter<'backend' | 'code'>;
  readonly #waited: Histogram<'priority'>;
  readonly #ran: Histogram<'priority'>;
  readonly #commits: Counter;

  constructor(registry: Registry, model: BoundedLabel) {
    const registers = [registry];
    this.#model = model;
    this.#submitted = new Counter({
      name: 'vramkeeper_jobs_submitted_total',
      help: 'Jobs that were taken, by priority and model.',
      labelNames: ['priority', 'model'],
      registers,
    });
    this.#ended = new Counter({
      name: 'vramkeeper_jobs_ended_total',
      help: 'Jobs that ended, by how, priority and model.',
      labelNames: ['status', 'priority', 'model'],
      registers,
    });
    this.#failures = new Counter({
      name: 'vramkeeper_job_failures_total',
      help: 'Jobs that failed, by the code of their failure.',
      labelNames: ['code'],
      registers,
    });
    this.#retries = new Counter({
      name: 'vramkeeper_job_returns_total',
      help: 'How often a job that had been handed out went back to the queue.',
      registers,
    });
    this.#backendErrors = new Counter({
      name: 'vramkeeper_backend_errors_total',
      help: 'Runs that a backend did not bring to an end, also those that were tried again, by backend and code.',
      labelNames: ['backend', 'code'],
      registers,
    });
    this.#waited = new Histogram({
      name: 'vramkeeper_job_wait_seconds',
      help: 'From the submission of a job to its first start.',
      labelNames: ['priority'],
      buckets: WAIT_SECONDS,
      registers,
    });
    this.#ran = new Histogram({
      name: 'vramkeeper_job_run_seconds',
      help: 'From the start of a job to its end.',
      labelNames: ['priority'],
      buckets: RUN_SECONDS,
      registers,
    });
    this.#commits = new Counter({
      name: 'vramkeeper_store_commits_total',
      help: 'Commits of the store that changed jobs.',
      registers,
    });
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    this.#commits.inc();
    for (const change of changes) this.#count(change);
  }

  #count({ job, previousStatus }: JobChange): void {
    const { priority, status } = job;
    if (previousStatus === null) this.#submitted.inc({ priority, model: this.#model.of(job.modelName) });
    // Of its first start: what comes later has waited for something else.
    if (status === 'RUNNING' && previousStatus !== 'RUNNING' && job.history.length === 0)
      this.#waited.observe({ priority }, waitSeconds(job));
    if (status === 'PENDING' && (previousStatus === 'QUEUED' || previousStatus === 'RUNNING'))
      this.#retries.inc();
    if (previousStatus === 'RUNNING') this.#countBackendError(job);
    if (!isTerminal(status) || (previousStatus !== null && isTerminal(previousStatus))) return;
    this.#ended.inc({ status, priority, model: this.#model.of(job.modelName) });
    if (job.failure) this.#failures.inc({ code: job.failure.code });
    if (job.startedAt !== null && job.finishedAt !== null)
      this.#ran.observe({ priority }, Math.max(0, job.finishedAt - job.startedAt) / 1000);
  }

  #countBackendError(job: Job): void {
    const last = job.history.at(-1);
    // A run that did not reach its backend leaves no attempt: the last one is of an earlier run then.
    if (!last?.failure || last.number !== attemptNumber(job)) return;
    const { backend, failure } = last;
    if (!NOT_OF_BACKENDS.includes(failure.code)) this.#backendErrors.inc({ backend, code: failure.code });
  }
}

function waitSeconds({ createdAt, startedAt }: Job): number {
  return Math.max(0, (startedAt ?? createdAt) - createdAt) / 1000;
}
