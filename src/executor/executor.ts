/**
 * Carries out what the scheduler decided: claims, loads, unloads, runs. It never decides; what came of an effect goes back to the
 * loop as an event. Effects do not throw: every failure becomes an event, a released job or a recorded failure.
 */
import { sleep } from '../clock.ts';
import type { LoadSpec, Resident } from '../domain/backend.ts';
import { messageOf, StoreClosedError, UnstorableValueError } from '../domain/errors.ts';
import type { BackendId, CellId, InstanceId, JobId } from '../domain/ids.ts';
import { attemptNumber, isTerminal } from '../domain/job.ts';
import type { ClaimedJob, JobChange, Store } from '../domain/store.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import { HeldClaims } from './held-claims.ts';
import { afterFailure, remedyOf } from './retry-policy.ts';
import { runJob } from './run-job.ts';
import { RunEnded, type Seat, unknownResident } from './seat.ts';

/** A load gets ten times what it should take, and at least two minutes: an estimate is no promise. */
const LOAD_PATIENCE = 10;
const LEAST_LOAD_LIMIT_MS = 120_000;
/** Pause before something that must succeed is tried again. */
const TRY_AGAIN_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class Executor {
  readonly #deps: ExecutorDependencies;
  readonly #seats = new Map<InstanceId, Seat>();
  readonly #claims = new HeldClaims();
  readonly #tasks = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  #draining = false;

  constructor(deps: ExecutorDependencies) {
    this.#deps = deps;
  }

  /** Jobs that run on an instance or wait for its load. */
  jobsOf(instanceId: InstanceId): readonly JobId[] {
    const seat = this.#seats.get(instanceId);
    return seat ? [...[...seat.running].map(({ claimed }) => claimed.job.id), ...seat.waiting.keys()] : [];
  }

  /** The server process that holds an instance, where there is one of its own. */
  cellOf(instanceId: InstanceId): CellId | null {
    return this.#seats.get(instanceId)?.handle?.cellId ?? null;
  }

  claim(
    claimNumber: number,
    instanceId: InstanceId,
    backendName: string,
    claim: Pick<Parameters<Store['claim']>[0], 'as' | 'picks'>,
  ): void {
    this.#task(async () => {
      if (this.#draining) {
        this.#deps.reports.claimed(claimNumber, []);
        return;
      }
      let claimed: readonly ClaimedJob[] = [];
      try {
        claimed = await this.#deps.store.claim({ ...claim, backend: backendName, instanceId });
      } catch (error) {
        this.#deps.logger.error(`Jobs could not be claimed: ${messageOf(error)}`);
        await this.#pause();
      }
      this.#deps.reports.claimed(
        claimNumber,
        claimed.map(({ job }) => job.id),
      );
      await this.#seatJobs(instanceId, claimed);
    });
  }

  load(instanceId: InstanceId, backendId: BackendId, spec: LoadSpec, expectedMs: number): void {
    const seat = this.#open(instanceId, backendId, spec);
    this.#task(async () => {
      const { clock, reports, logger } = this.#deps;
      const limit = clock.after(Math.max(LEAST_LOAD_LIMIT_MS, expectedMs * LOAD_PATIENCE), () =>
        seat.lifetime.abort(new Error('The load took far longer than it should have.')),
      );
      const startedAt = clock.monotonic();
      try {
        const handle = await seat.backend.load(spec, seat.lifetime.signal);
        seat.handle = handle;
        const loadMs = clock.monotonic() - startedAt;
        logger.info(`${spec.variant.modelName} is loaded on ${seat.backend.name}.`, {
          loadMs: Math.round(loadMs),
        });
        reports.loaded(instanceId, handle.variant, handle.measured, loadMs);
        await this.#beginWaiting(seat);
      } catch (error) {
        seat.loadError = error;
        if (!this.#stopped.signal.aborted)
          logger.warn(`${spec.variant.modelName} could not be loaded: ${messageOf(error)}`);
        reports.loadFailed(instanceId, error, clock.monotonic() - startedAt);
        await this.#failWaiting(seat, error);
      } finally {
        limit.cancel();
      }
    });
  }

  adopt(instanceId: InstanceId, backendId: BackendId, resident: Resident, spec: LoadSpec): void {
    const seat = this.#open(instanceId, backendId, spec);
    seat.handle = seat.backend.adopt(resident, spec);
    const { name, mode } = seat.backend;
    // A managed backend has told already whom it took over.
    if (mode === 'MANAGED') return;
    this.#deps.logger.info(`${resident.modelName} was loaded by someone else on ${name} and is adopted.`);
  }

  unload(instanceId: InstanceId): void {
    const seat = this.#seats.get(instanceId);
    if (!seat) {
      this.#deps.reports.unloaded(instanceId);
      return;
    }
    this.#task(async () => {
      const handle = seat.handle ?? seat.backend.adopt(unknownResident(seat.spec), seat.spec);
      let said: string | null = null;
      let pauseMs = TRY_AGAIN_MS;
      // Told until it is confirmed: an instance that only might be gone still counts. Being forgotten ends it.
      while (!seat.lifetime.signal.aborted) {
        try {
          await handle.unload(seat.lifetime.signal);
          break;
        } catch (error) {
          if (seat.lifetime.signal.aborted) break;
          // The same trouble again is no news, and asking more often is no help.
          const message = messageOf(error);
          if (message !== said)
            this.#deps.logger.warn(`${seat.spec.variant.modelName} could not be unloaded: ${message}`);
          pauseMs = message === said ? Math.min(LONGEST_PAUSE_MS, pauseMs * 2) : TRY_AGAIN_MS;
          said = message;
          await this.#pause(pauseMs);
        }
      }
      this.#seats.delete(instanceId);
      if (!seat.lifetime.signal.aborted) this.#deps.reports.unloaded(instanceId);
    });
  }

  /** The instance went without us. What runs there ends by itself, with an error that says so. */
  forget(instanceId: InstanceId): void {
    const seat = this.#seats.get(instanceId);
    if (!seat) return;
    this.#seats.delete(instanceId);
    seat.lifetime.abort(new Error('The instance is gone.'));
    this.#task(() => this.#giveBack(seat, [...seat.waiting.values()]));
  }

  /** Follows what the store says: what runs or waits under a claim that is over stops, and readers of ended jobs are let go. */
  jobsChanged(changes: readonly JobChange[]): void {
    const doubtful = this.#claims.apply(changes);
    for (const { job } of changes) if (isTerminal(job.status)) this.#deps.outputs.close(job.id);
    for (const jobId of doubtful) for (const seat of this.#seats.values()) this.#endUnheld(seat, jobId);
  }

  /** Lets running jobs finish for `graceMs`, then returns them to the queue; no attempt is counted. Safe to call twice: the shorter grace holds. */
  async stop(graceMs: number): Promise<void> {
    this.#draining = true;
    const grace = this.#deps.clock.after(graceMs, () => this.#endNow());
    if (graceMs <= 0) this.#endNow();
    for (const seat of this.#seats.values()) {
      const waiting = [...seat.waiting.values()];
      this.#task(() => this.#giveBack(seat, waiting));
      if (!seat.handle) seat.lifetime.abort(new RunEnded('shutdown'));
    }
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
    grace.cancel();
    this.#stopped.abort();
  }

  #endNow(): void {
    this.#stopped.abort(new RunEnded('shutdown'));
    for (const seat of this.#seats.values()) {
      seat.lifetime.abort(new RunEnded('shutdown'));
      for (const run of seat.running) run.controller.abort(new RunEnded('shutdown'));
    }
  }

  #open(instanceId: InstanceId, backendId: BackendId, spec: LoadSpec): Seat {
    const backend = this.#deps.backends.get(backendId);
    if (!backend) throw new Error(`There is no backend ${backendId}.`);
    const seat: Seat = {
      instanceId,
      backend,
      spec,
      handle: null,
      loadError: undefined,
      waiting: new Map(),
      running: new Set(),
      lifetime: new AbortController(),
    };
    this.#seats.set(instanceId, seat);
    return seat;
  }

  #endUnheld(seat: Seat, jobId: JobId): void {
    for (const { claimed, controller } of seat.running) {
      if (claimed.job.id === jobId && !this.#claims.hold(claimed.job))
        controller.abort(new RunEnded('not-held'));
    }
    const waiting = seat.waiting.get(jobId)?.job;
    if (!waiting || this.#claims.hold(waiting)) return;
    seat.waiting.delete(jobId);
    this.#left(seat, jobId, waiting.client);
  }

  async #seatJobs(instanceId: InstanceId, claimed: readonly ClaimedJob[]): Promise<void> {
    const held = claimed.filter(({ job }) => this.#claims.hold(job));
    for (const { job } of claimed) {
      if (!this.#claims.hold(job)) this.#reportLeft(instanceId, job.id, job.client);
    }
    const seat = this.#seats.get(instanceId);
    if (!seat || this.#draining) {
      // The instance went while the claim was under way.
      await this.#release(held);
      for (const { job } of held) this.#reportLeft(instanceId, job.id, job.client);
      return;
    }
    for (const one of held) {
      if (one.job.status === 'RUNNING') this.#run(seat, one);
      else seat.waiting.set(one.job.id, one);
    }
    // The load may have ended while the claim was under way.
    if (seat.loadError !== undefined) await this.#failWaiting(seat, seat.loadError);
    else if (seat.handle) await this.#beginWaiting(seat);
  }

  async #beginWaiting(seat: Seat): Promise<void> {
    const waiting = [...seat.waiting.values()];
    if (waiting.length === 0) return;
    seat.waiting.clear();
    const begun = await this.#insist(() => this.#deps.store.begin(waiting.map(({ job }) => job)));
    const running = new Map(begun.map((job) => [job.id, job]));
    for (const one of waiting) {
      const job = running.get(one.job.id);
      if (job && this.#claims.hold(job)) this.#run(seat, { ...one, job });
      else this.#left(seat, one.job.id, one.job.client);
    }
  }

  /** A load that failed is an attempt of the jobs that were claimed for it. */
  async #failWaiting(seat: Seat, error: unknown): Promise<void> {
    const waiting = [...seat.waiting.values()];
    seat.waiting.clear();
    if (this.#stopped.signal.aborted || this.#draining) {
      await this.#release(waiting);
      return;
    }
    for (const { job } of waiting) {
      const verdict = afterFailure(job, error, this.#deps.random);
      const now = this.#deps.clock.now();
      const attempt = {
        number: attemptNumber(job),
        backend: seat.backend.name,
        startedAt: now,
        finishedAt: now,
        failure: verdict.failure,
      };
      if (verdict.kind === 'fail') {
        await this.#insist(() =>
          this.#deps.store.finish({
            ...fenced(job),
            kind: 'fail',
            failure: verdict.failure,
            attempt,
            output: [],
          }),
        );
      } else {
        const { counts, delayMs } = verdict;
        await this.#insist(() => this.#deps.store.release([{ ...fenced(job), attempt, counts, delayMs }]));
      }
      this.#left(seat, job.id, job.client);
    }
  }

  #run(seat: Seat, claimed: ClaimedJob): void {
    const run = { claimed, controller: new AbortController() };
    seat.running.add(run);
    if (this.#stopped.signal.aborted) run.controller.abort(new RunEnded('shutdown'));
    this.#task(() =>
      runJob(seat, run, this.#deps, {
        insist: (operation) => this.#insist(operation),
        left: (ranMs, error) => {
          seat.running.delete(run);
          const suspect = error !== null && !(error instanceof RunEnded) && remedyOf(error) !== 'none';
          this.#reportLeft(seat.instanceId, claimed.job.id, claimed.job.client, ranMs, suspect);
        },
      }),
    );
  }

  async #giveBack(seat: Seat, claimed: readonly ClaimedJob[]): Promise<void> {
    for (const { job } of claimed) seat.waiting.delete(job.id);
    await this.#release(claimed);
    for (const { job } of claimed) this.#left(seat, job.id, job.client);
  }

  async #release(claimed: readonly ClaimedJob[]): Promise<void> {
    if (claimed.length === 0) return;
    const releases = claimed.map(({ job }) => ({ ...fenced(job), attempt: null, counts: false, delayMs: 0 }));
    await this.#insist(() => this.#deps.store.release(releases));
  }

  #left(seat: Seat, jobId: JobId, client: string): void {
    this.#reportLeft(seat.instanceId, jobId, client);
  }

  #reportLeft(instanceId: InstanceId, jobId: JobId, client: string, ranMs = 0, suspect = false): void {
    this.#deps.reports.left({ instanceId, jobId, client, ranMs, suspect });
  }

  /** A write that must not be lost is tried until it succeeds or the store is closed (then a restart finds the job again). */
  async #insist<T>(operation: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        // The same call would fail again.
        if (error instanceof UnstorableValueError) throw error;
        if (error instanceof StoreClosedError || this.#stopped.signal.aborted) throw error;
        this.#deps.logger.error(`A result could not be stored and is tried again: ${messageOf(error)}`);
        await this.#pause();
      }
    }
  }

  #pause(ms = TRY_AGAIN_MS): Promise<void> {
    return sleep(this.#deps.clock, ms, this.#stopped.signal).catch(() => {});
  }

  #task(work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch((error) => {
        if (!(error instanceof StoreClosedError))
          this.#deps.logger.error(`A task of the executor failed: ${messageOf(error)}`);
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}

function fenced(job: ClaimedJob['job']) {
  return { id: job.id, fence: job.fence };
}
