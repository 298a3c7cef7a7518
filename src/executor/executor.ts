/**
 * Carries out what the scheduler decided: claims, loads, unloads, runs. It never decides; what came of an effect goes back to the
 * loop as an event. Effects do not throw: every failure becomes an event, a returned job or a recorded failure.
 */
import type { LoadSpec, Resident } from '../domain/backend.ts';
import { BackendError, messageOf, StoreClosedError } from '../domain/errors.ts';
import type { BackendId, CellId, InstanceId, JobId } from '../domain/ids.ts';
import { isTerminal } from '../domain/job.ts';
import type { ClaimedJob, JobChange, Store } from '../domain/store.ts';
import type { Trouble } from '../domain/system.ts';
import { formatDuration } from '../domain/units.ts';
import { sizeOf } from '../kinds/job-size.ts';
import { ClaimHold } from './claim-hold.ts';
import type { ExecutorDependencies } from './dependencies.ts';
import { EarlyRuns } from './early-runs.ts';
import { Gates } from './gates.ts';
import { HeldClaims } from './held-claims.ts';
import { HeldInstance, LoadCancelledError, type Run, RunEnded } from './held-instance.ts';
import { Insistence } from './insistence.ts';
import { LoadWatch } from './load-watch.ts';
import { QueuedJobs } from './queued-jobs.ts';
import { evidenceOf } from './retry-policy.ts';
import { runJob } from './run-job.ts';
import { Troubles } from './troubles.ts';
import { unloadInstance } from './unloading.ts';

export class Executor {
  readonly #deps: ExecutorDependencies;
  readonly #instances = new Map<InstanceId, HeldInstance>();
  readonly #claims = new HeldClaims();
  readonly #gates = new Gates();
  readonly #loads = new Map<HeldInstance, LoadWatch>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #troubles: Troubles;
  readonly #insistence: Insistence;
  readonly #queued: QueuedJobs;
  #draining = false;

  constructor(deps: ExecutorDependencies) {
    this.#deps = deps;
    const { clock, logger } = deps;
    this.#troubles = new Troubles(clock);
    this.#insistence = new Insistence({
      clock,
      logger,
      troubles: this.#troubles,
      stopped: this.#stopped.signal,
    });
    this.#queued = new QueuedJobs({
      deps,
      insistence: this.#insistence,
      claims: this.#claims,
      task: (work) => this.#task(work),
      run: (instance, claimed) => this.#run(instance, claimed),
    });
  }

  /** What has failed the last time and is still tried. */
  get troubles(): readonly Trouble[] {
    return this.#troubles.open;
  }

  /** Jobs that run on an instance or wait for its load. */
  jobsOf(instanceId: InstanceId): readonly JobId[] {
    const instance = this.#instances.get(instanceId);
    return instance
      ? [...[...instance.running].map(({ claimed }) => claimed.job.id), ...instance.waiting.keys()]
      : [];
  }

  /** Memory of the backend's cards has come or gone: a load there may be what moves it. */
  memoryMoved(backendId: BackendId): void {
    for (const [instance, watch] of this.#loads) if (instance.backend.id === backendId) watch.sign();
  }

  /** The server process that holds an instance, where there is one of its own. */
  cellOf(instanceId: InstanceId): CellId | null {
    return this.#instances.get(instanceId)?.handle?.cellId ?? null;
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
      const early = new EarlyRuns({
        claims: this.#claims,
        run: (instance, one, hold) => this.#run(instance, one, hold),
      });
      try {
        claimed = await this.#deps.store.claim({ ...claim, backend: backendName, instanceId }, (ahead) => {
          const instance = this.#instances.get(instanceId);
          if (instance && !this.#draining) early.begin(instance, ahead);
        });
        this.#troubles.over(CLAIMS);
      } catch (error) {
        early.drop();
        const message = messageOf(error);
        this.#deps.logger.error(`Jobs could not be claimed: ${message}`);
        if (!(error instanceof StoreClosedError)) this.#troubles.failed({ ...CLAIMS, message });
        await this.#insistence.pause();
      }
      this.#deps.reports.claimed(
        claimNumber,
        claimed.map(({ job }) => job.id),
      );
      await this.#placeJobs(instanceId, claimed, early);
    });
  }

  load(instanceId: InstanceId, backendId: BackendId, spec: LoadSpec, expectedMs: number): void {
    const instance = this.#open(instanceId, backendId, spec);
    this.#task(async () => {
      const { clock, reports, logger } = this.#deps;
      const { modelName } = spec.variant;
      const patienceMs = instance.backend.loadPatienceMs(expectedMs);
      using watch = new LoadWatch(clock, patienceMs, () =>
        instance.loading.abort(stalledLoad(instance, patienceMs)),
      );
      this.#loads.set(instance, watch);
      const startedAt = clock.monotonic();
      try {
        const signal = AbortSignal.any([instance.loading.signal, instance.lifetime.signal]);
        const handle = await instance.backend.load(spec, signal, () => watch.sign());
        instance.handle = handle;
        const loadMs = clock.monotonic() - startedAt;
        logger.info(`${modelName} is loaded on ${instance.backend.name}.`, { loadMs: Math.round(loadMs) });
        reports.loaded(instanceId, handle.variant, handle.measured, loadMs);
        await this.#queued.begin(instance);
      } catch (error) {
        instance.loadFailed = true;
        if (error instanceof LoadCancelledError) logger.info(`The load of ${modelName} was ended.`);
        else if (!this.#stopped.signal.aborted)
          logger.warn(`${modelName} could not be loaded: ${messageOf(error)}`);
        reports.loadFailed(instanceId, error, clock.monotonic() - startedAt);
        await this.#queued.giveBack(instance);
      } finally {
        this.#loads.delete(instance);
      }
    });
  }

  adopt(instanceId: InstanceId, backendId: BackendId, resident: Resident, spec: LoadSpec): void {
    const instance = this.#open(instanceId, backendId, spec);
    instance.handle = instance.backend.adopt(resident, spec);
    const { name, capabilities } = instance.backend;
    // Who starts processes has told already which it took over.
    if (capabilities.startsProcesses) return;
    const by = resident.ours ? 'by this server before' : 'by someone else';
    this.#deps.logger.info(`${resident.modelName} was loaded ${by} on ${name} and is taken over.`);
  }

  unload(instanceId: InstanceId): void {
    const instance = this.#instances.get(instanceId);
    if (!instance) {
      this.#deps.reports.unloaded(instanceId);
      return;
    }
    this.#task(async () => {
      await unloadInstance(instance, {
        logger: this.#deps.logger,
        troubles: this.#troubles,
        pause: (ms) => this.#insistence.pause(ms),
      });
      this.#instances.delete(instanceId);
      if (!instance.lifetime.signal.aborted) this.#deps.reports.unloaded(instanceId);
    });
  }

  /** Nobody wants it any more. It ends as a load that failed; one that has just succeeded is let be. */
  cancelLoad(instanceId: InstanceId): void {
    this.#instances.get(instanceId)?.loading.abort(new LoadCancelledError());
  }

  /** The instance went without us. What runs there ends by itself, with an error that says so. */
  forget(instanceId: InstanceId): void {
    const instance = this.#instances.get(instanceId);
    if (!instance) return;
    this.#instances.delete(instanceId);
    instance.lifetime.abort(new Error('The instance is gone.'));
    this.#task(() => this.#queued.giveBack(instance));
  }

  /** Follows what the store says: what runs or waits under a claim that is over stops, and readers of ended jobs are let go. */
  jobsChanged(changes: readonly JobChange[]): void {
    const doubtful = this.#claims.apply(changes);
    for (const { job } of changes) if (isTerminal(job.status)) this.#deps.outputs.close(job.id);
    for (const jobId of doubtful)
      for (const instance of this.#instances.values()) this.#endUnheld(instance, jobId);
  }

  /** Lets running jobs finish for `graceMs`, then returns them to the queue; no attempt is counted. Safe to call twice: the shorter grace holds. */
  async stop(graceMs: number): Promise<void> {
    this.#draining = true;
    const grace = this.#deps.clock.after(graceMs, () => this.#endNow());
    if (graceMs <= 0) this.#endNow();
    for (const instance of this.#instances.values()) {
      this.#task(() => this.#queued.giveBack(instance));
      if (!instance.handle) instance.lifetime.abort(new RunEnded('shutdown'));
    }
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
    grace.cancel();
    this.#stopped.abort();
  }

  #endNow(): void {
    this.#stopped.abort(new RunEnded('shutdown'));
    for (const instance of this.#instances.values()) {
      instance.lifetime.abort(new RunEnded('shutdown'));
      for (const run of instance.running) run.controller.abort(new RunEnded('shutdown'));
    }
  }

  #open(instanceId: InstanceId, backendId: BackendId, spec: LoadSpec): HeldInstance {
    const backend = this.#deps.backends.get(backendId);
    if (!backend) throw new Error(`There is no backend ${backendId}.`);
    const instance = new HeldInstance(instanceId, backend, spec, this.#gates.of(backend, spec));
    this.#instances.set(instanceId, instance);
    return instance;
  }

  #endUnheld(instance: HeldInstance, jobId: JobId): void {
    for (const { claimed, controller } of instance.running) {
      if (claimed.job.id === jobId && !this.#claims.hold(claimed.job))
        controller.abort(new RunEnded('not-held'));
    }
    const waiting = instance.waiting.get(jobId)?.claimed;
    if (!waiting || this.#claims.hold(waiting.job)) return;
    instance.dropWaiting(jobId);
    this.#queued.left(instance.instanceId, waiting);
  }

  /** @param early what of it runs already */
  async #placeJobs(instanceId: InstanceId, claimed: readonly ClaimedJob[], early: EarlyRuns): Promise<void> {
    await early.settle();
    const held = claimed.filter((one) => this.#claims.hold(one.job) && !early.has(one));
    for (const one of claimed) if (!this.#claims.hold(one.job)) this.#queued.left(instanceId, one);
    const instance = this.#instances.get(instanceId);
    if (!instance || this.#draining) {
      // The instance went while the claim was under way.
      await this.#queued.returnToQueue(instanceId, held);
      return;
    }
    for (const one of held) {
      if (one.job.status === 'RUNNING') this.#run(instance, one);
      else this.#queued.wait(instance, one);
    }
    // The load may have ended while the claim was under way.
    if (instance.loadFailed) await this.#queued.giveBack(instance);
    else if (instance.handle) await this.#queued.begin(instance);
  }

  #run(instance: HeldInstance, claimed: ClaimedJob, hold = ClaimHold.held()): Run {
    const run: Run = { claimed, controller: new AbortController(), hold, sentAt: null, hadCompany: false };
    instance.running.add(run);
    if (this.#stopped.signal.aborted) run.controller.abort(new RunEnded('shutdown'));
    this.#task(() =>
      runJob(instance, run, this.#deps, {
        stopped: this.#stopped.signal,
        insist: (operation) => this.#insistence.on(operation),
        left: (ranMs, ended) => {
          instance.running.delete(run);
          const isDone = 'result' in ended;
          const evidence = isDone || ended.error instanceof RunEnded ? 'none' : evidenceOf(ended.error);
          const { id: jobId, client } = claimed.job;
          this.#deps.reports.left({
            instanceId: instance.instanceId,
            jobId,
            client,
            ranMs,
            evidence,
            succeeded: isDone,
            work: isDone ? { size: sizeOf(claimed.request), usage: ended.result.usage } : undefined,
          });
        },
      }),
    );
    return run;
  }

  #task(work: () => Promise<void>): void {
    const task: Promise<void> = work()
      .catch((error) => {
        if (!(error instanceof StoreClosedError))
          this.#deps.logger.error('A task of the executor failed.', { error });
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}

const CLAIMS = { kind: 'CLAIM', instanceId: null } as const;

function stalledLoad({ spec, backend }: HeldInstance, patienceMs: number): BackendError {
  return new BackendError(
    'LOAD_FAILED',
    'retry',
    `${spec.variant.modelName} showed no sign of loading on ${backend.name} for ${formatDuration(patienceMs)} and was given up. If its disk is that slow, set a longer loadStallTimeout.`,
  );
}
