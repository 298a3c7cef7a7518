/** The real scheduling loop in virtual time: it decides as in a server, and what it asks for is carried out on a model server. */
import type { Clock, Random } from '../../clock.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import type { Effects, TaskOf } from '../../scheduler/effects.ts';
import { SchedulerLoop } from '../../scheduler/loop.ts';
import type { SimulatedJob } from '../workload/workload.ts';
import type { Measured, ModelServer } from './model-server.ts';
import { type WaitingJob, WaitingJobs, waitingJob } from './waiting-jobs.ts';

/** What the store takes to give out jobs. */
const CLAIM_MS = 3;
const READING_MS = 30;
/** What the server waits so that several wishes for a reading are one. */
const POKE_DELAY_MS = 100;
/** How often a job that was claimed for a loading instance looks whether it is there. */
const LOOK_MS = 5;

/** One job in so many has its start foreseen: each of them costs a walk through what will be. */
const FORESEEN_EVERY = 16;

export interface DriverParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly server: ModelServer;
  readonly resolver: ModelResolver;
  /** Called at each end of a load, before the loop hears of it. */
  learn?(instanceId: InstanceId, measured: Measured, loadMs: number, loop: SchedulerLoop): void;
  learnProbed?(probed: TaskOf<'probed'>, loop: SchedulerLoop): void;
  started(job: SimulatedJob): void;
  done(job: SimulatedJob): void;
  /** By the forecast of the loop, as the job comes, in milliseconds of the clock. */
  foreseen?(job: SimulatedJob, startMs: number): void;
  timed(decision: () => void): void;
}

export class Driver implements Effects {
  readonly #parts: DriverParts;
  readonly #loop: SchedulerLoop;
  readonly #waiting = new WaitingJobs();
  #isPoked = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    const { clock, random, server, resolver } = parts;
    this.#loop = new SchedulerLoop({
      backends: [server.backend],
      backlog: this.#waiting.backlog,
      resolver,
      clock: timing(clock, parts.timed),
      random,
      changed: () => {},
    });
    this.#loop.start(this);
    this.#observe();
    this.#readOn();
  }

  arrive(job: SimulatedJob): void {
    const { clock, foreseen } = this.#parts;
    const waiting = waitingJob(job, clock.now());
    this.#waiting.add(waiting);
    this.#loop.look();
    if (foreseen && job.number % FORESEEN_EVERY === 0) clock.after(0, () => this.#foresee(waiting, foreseen));
  }

  /** Whoever asks when a job will start asks when it is accepted: the turn that it brings about is over by then. */
  #foresee(
    { queue, client, priority, job }: WaitingJob,
    foreseen: NonNullable<DriverParts['foreseen']>,
  ): void {
    const { clock } = this.#parts;
    const at = this.#loop.forecasts.startOf(queue, { client, priority, sequence: job.number });
    if (at !== null) foreseen(job, clock.monotonic() + (at - clock.now()));
  }

  #readOn(): void {
    const { clock, server } = this.#parts;
    clock.after(server.backend.probeIntervalMs, () => {
      this.#observe();
      this.#readOn();
    });
  }

  #observe(): void {
    this.#tell({ type: 'observed', observation: this.#parts.server.observation() });
  }

  #tell(event: Parameters<SchedulerLoop['handle']>[0]): void {
    this.#parts.timed(() => this.#loop.handle(event));
  }

  claim(task: TaskOf<'claim'>): void {
    this.#parts.clock.after(CLAIM_MS, () => this.#claim(task));
  }

  load({ instanceId, spec }: TaskOf<'load'>): void {
    const { clock, server, learn } = this.#parts;
    const startedMs = clock.monotonic();
    const placement = this.#loop.state.instances.get(instanceId)?.footprint ?? [];
    server.load(instanceId, spec, placement, {
      loaded: (measured) => {
        learn?.(instanceId, measured, clock.monotonic() - startedMs, this.#loop);
        this.#tell({ type: 'loaded', instanceId, variant: spec.variant, measured });
      },
      failed: (message) =>
        this.#tell({
          type: 'load-failed',
          code: 'LOAD_FAILED',
          instanceId,
          remedy: 'retry',
          message,
          spilled: false,
        }),
    });
  }

  unload({ instanceId }: TaskOf<'unload'>): void {
    this.#parts.server.unload(instanceId, () => this.#tell({ type: 'unloaded', instanceId }));
  }

  poke({ when }: TaskOf<'poke'>): void {
    if (this.#isPoked) return;
    this.#isPoked = true;
    this.#parts.clock.after((when === 'now' ? 0 : POKE_DELAY_MS) + READING_MS, () => {
      this.#isPoked = false;
      this.#observe();
    });
  }

  probed(task: TaskOf<'probed'>): void {
    this.#parts.learnProbed?.(task, this.#loop);
  }

  adopt({ instanceId, resident }: TaskOf<'adopt'>): void {
    this.#parts.server.adopt(instanceId, resident.modelName);
  }

  forget({ instanceId }: TaskOf<'forget'>): void {
    this.#parts.server.forget(instanceId);
  }

  /** No load is unwanted, and all that is wanted can be had: none of these is asked for. */
  cancelLoad(): void {}
  missing(): void {}
  refuse(): void {}

  #claim({ claim, claimNumber }: TaskOf<'claim'>): void {
    const got = claim.picks.flatMap((pick) => this.#waiting.take(pick));
    this.#tell({ type: 'claimed', claimNumber, jobs: got.map(({ id }) => id) });
    for (const waiting of got) this.#start(claim.instanceId, waiting);
  }

  #start(instanceId: InstanceId, waiting: WaitingJob): void {
    const { clock, server, started, done } = this.#parts;
    const instance = this.#loop.state.instances.get(instanceId);
    if (!instance || instance.status === 'FAILED' || instance.status === 'UNLOADING') {
      this.#putBack(instanceId, waiting, 'none');
      return;
    }
    if (instance.status === 'LOADING') {
      clock.after(LOOK_MS, () => this.#start(instanceId, waiting));
      return;
    }
    const startedMs = clock.monotonic();
    started(waiting.job);
    server.run(instanceId, waiting.job, {
      done: () => {
        done(waiting.job);
        this.#left(instanceId, waiting, clock.monotonic() - startedMs, 'none');
      },
      failed: () => this.#putBack(instanceId, waiting, 'gone'),
    });
  }

  #putBack(instanceId: InstanceId, waiting: WaitingJob, evidence: Evidence): void {
    this.#waiting.add(waiting);
    this.#left(instanceId, waiting, 0, evidence);
  }

  #left(instanceId: InstanceId, { id, client }: WaitingJob, ranMs: number, evidence: Evidence): void {
    const succeeded = ranMs > 0 && evidence === 'none';
    this.#tell({ type: 'left', instanceId, jobId: id, client, ranMs, evidence, succeeded });
  }
}

/** The turns that the loop takes by timers of its own are decisions, too. */
function timing(clock: Clock, timed: (decision: () => void) => void): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, () => timed(callback)),
    soon: (callback) => clock.soon(() => timed(callback)),
  };
}
