/**
 * The real loop over a simulated server in virtual time, with jobs that take the time they are given; every rule that must always hold is
 * checked as things happen.
 */

import type { Random } from '../../src/clock.ts';
import type { BackendCapabilities } from '../../src/domain/backend.ts';
import { Backlog, type Bucket } from '../../src/domain/backlog.ts';
import { type BackendId, type InstanceId, type JobId, stableId } from '../../src/domain/ids.ts';
import type { LeaveCause } from '../../src/domain/instance.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../src/domain/job.ts';
import { type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { Effects, TaskOf } from '../../src/scheduler/effects.ts';
import type { SchedulerEvent } from '../../src/scheduler/events.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import { attachedCapabilities, managedCapabilities } from '../support/capabilities.ts';
import { SimulatedModels, type WorldModel } from './simulated-models.ts';
import { type Held, type ServerOptions, SimulatedServer } from './simulated-server.ts';

export type { WorldModel } from './simulated-models.ts';

export interface SimulatedJob {
  readonly id: JobId;
  readonly model: string;
  readonly queue: QueueKey;
  priority: JobPriority;
  readonly client: string;
  readonly createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** Its model could be loaded nowhere. */
  refused?: boolean;
}

export interface WorldOptions extends ServerOptions {
  /** What is said of the server's capabilities, beside what its other options say. */
  readonly capabilities?: Partial<BackendCapabilities>;
  readonly models: readonly WorldModel[];
  readonly keepAliveMs?: number | null;
  /** Whether the server has told its models; default true. */
  readonly listed?: boolean;
  /** How long after the store has given out jobs the loop hears of it. */
  readonly claimAnswerMs?: number;
  readonly random: Random;
}

function capabilitiesOf({ mode, host, capabilities }: WorldOptions): BackendCapabilities {
  const own = { hostBytesPerInstance: host?.bytesPerInstance ?? 0, ...capabilities };
  return mode === 'ATTACHED' ? attachedCapabilities(own) : managedCapabilities({ loadChannels: 1, ...own });
}

export const BACKEND: BackendId = stableId('bkd', 'test');

const READING_MS = 2_000;
const POKE_MS = 100;

export class SimulatedWorld extends SimulatedServer implements Effects {
  readonly backlog = new Backlog();
  readonly loop: SchedulerLoop;
  readonly jobs: SimulatedJob[] = [];
  /** Said to be wanted and nowhere. */
  readonly missingModels: string[] = [];
  /** Why instances were told to leave, in order. */
  readonly leaveCauses: LeaveCause[] = [];
  /** A broken probe goes on with its last reading. */
  probeWorks = true;
  onChange: () => void = () => {};
  readonly #claimAnswerMs: number | undefined;
  readonly #waiting = new Map<string, SimulatedJob[]>();
  #jobNumber = 0;
  #poked = false;

  constructor(options: WorldOptions) {
    super(new SimulatedModels(options.models, options.listed ?? true, options.keepAliveMs ?? null), options);
    this.#claimAnswerMs = options.claimAnswerMs;
    this.loop = new SchedulerLoop({
      backends: [
        {
          id: BACKEND,
          name: 'test',
          mode: options.mode ?? 'MANAGED',
          url: 'http://test',
          capabilities: capabilitiesOf(options),
          maxLoadedModels: options.maxLoadedModels ?? 100,
          headroomBytes: 0,
          parallel: 1,
          hasProbe: true,
          probeIntervalMs: READING_MS,
        },
      ],
      backlog: this.backlog,
      resolver: this.models,
      clock: this.clock,
      random: options.random,
      leaving: (cause) => this.leaveCauses.push(cause),
      changed: () => this.onChange(),
    });
    this.loop.start(this);
    this.observe();
  }

  get resolver(): SimulatedModels {
    return this.models;
  }

  /** Models that their server has no more. */
  get deleted(): Set<string> {
    return this.models.deleted;
  }

  get unfinished(): number {
    return this.jobs.filter((job) => job.finishedAt === null).length;
  }

  submit(
    model: string,
    priority: JobPriority = 'NORMAL',
    client = 'someone',
    contextLength: number | null = null,
  ): SimulatedJob {
    this.#jobNumber += 1;
    const job: SimulatedJob = {
      id: `job_${this.#jobNumber}` as JobId,
      model,
      queue: queueKey({ model, contextLength }),
      priority,
      client,
      createdAt: this.clock.now(),
      startedAt: null,
      finishedAt: null,
    };
    this.jobs.push(job);
    this.#put(job);
    return job;
  }

  cancel(job: SimulatedJob): void {
    const key = keyOf(job);
    const queue = this.#waiting.get(key) ?? [];
    if (!queue.includes(job)) return;
    this.#waiting.set(
      key,
      queue.filter((other) => other !== job),
    );
    job.finishedAt = this.clock.now();
    this.#publish(job);
  }

  /** A pull outside gives the name other weights; what is loaded stays. */
  pull(name: string): void {
    this.models.pull(name);
    this.observe();
  }

  /** The server dies and everything in it. */
  crash(): void {
    this.fall();
    this.observe();
  }

  restart(): void {
    this.reachable = true;
    this.observe();
  }

  /** Runs for so long, with a reading every two seconds. */
  run(ms: number): void {
    for (let left = ms; left > 0; left -= READING_MS) {
      this.clock.advance(Math.min(READING_MS, left));
      this.observe();
    }
  }

  /** What a monitor would tell now. */
  observe(): void {
    const now = this.clock.now();
    if (this.probeWorks && (!this.isMoving || this.foreignBytes < this.observedForeignBytes))
      this.observedForeignBytes = this.foreignBytes;
    const card = {
      key: 'GPU-0',
      index: 0,
      name: 'virtual',
      totalBytes: this.totalBytes,
      usedBytes: this.usedBytes(),
      processes: [],
      source: 'VIRTUAL',
      sampledAt: now,
    } as const;
    this.loop.handle({
      type: 'observed',
      observation: {
        backendId: BACKEND,
        startedAt: now,
        at: now,
        health: this.reachable ? 'HEALTHY' : 'UNREACHABLE',
        problem: this.reachable ? null : 'It does not answer.',
        version: '0.33.0',
        residents: this.reachable ? this.listed() : null,
        host: this.host(),
        gpus: this.probeWorks ? [card] : null,
        probeProblem: null,
        models: null,
      },
    });
  }

  protected override tell(event: SchedulerEvent): void {
    this.loop.handle(event);
  }

  claim(task: TaskOf<'claim'>): void {
    this.clock.after(1, () => this.#claim(task));
  }

  poke(): void {
    if (this.#poked) return;
    this.#poked = true;
    this.clock.after(POKE_MS, () => {
      this.#poked = false;
      this.observe();
    });
  }

  missing({ modelName }: TaskOf<'missing'>): void {
    this.missingModels.push(modelName);
  }

  refuse({ picks }: TaskOf<'refuse'>): void {
    for (const pick of picks) this.#refuse(pick);
  }

  /** What is forgotten went with its server. */
  forget(): void {}

  /** The registry learns nothing of it. */
  probed(): void {}

  #claim(effect: TaskOf<'claim'>): void {
    const got: SimulatedJob[] = [];
    for (const pick of effect.claim.picks) {
      const taken = (this.#waiting.get(keyOf(pick)) ?? []).splice(0, pick.count);
      got.push(...taken);
      if (taken[0]) this.#publish(taken[0]);
    }
    if (this.#claimAnswerMs === undefined) this.#claimed(effect, got);
    else this.clock.after(this.#claimAnswerMs, () => this.#claimed(effect, got));
  }

  #refuse(pick: TaskOf<'claim'>['claim']['picks'][number]): void {
    const ended = (this.#waiting.get(keyOf(pick)) ?? []).splice(0, pick.count);
    for (const job of ended) {
      job.refused = true;
      job.finishedAt = this.clock.now();
    }
    if (ended[0]) this.#publish(ended[0]);
  }

  #claimed(effect: TaskOf<'claim'>, got: readonly SimulatedJob[]): void {
    const { instanceId, as } = effect.claim;
    const one = this.held.get(instanceId);
    this.loop.note({ type: 'claimed', claimNumber: effect.claimNumber, jobs: got.map((job) => job.id) });
    for (const job of got) {
      if (!one) this.#giveBack(instanceId, job);
      else if (as === 'RUNNING') this.#start(instanceId, one, job);
      else this.#afterLoad(instanceId, job);
    }
  }

  #afterLoad(instanceId: InstanceId, job: SimulatedJob): void {
    const one = this.held.get(instanceId);
    if (!one || one.state === 'spilled') this.#giveBack(instanceId, job);
    else if (one.state === 'resident') this.#start(instanceId, one, job);
    else this.clock.after(10, () => this.#afterLoad(instanceId, job));
  }

  #giveBack(instanceId: InstanceId, job: SimulatedJob): void {
    this.#put(job);
    this.#left(instanceId, job, 0);
  }

  #left(instanceId: InstanceId, { id: jobId, client }: SimulatedJob, ranMs: number): void {
    this.loop.note({
      type: 'left',
      instanceId,
      jobId,
      client,
      ranMs,
      evidence: 'none',
      succeeded: ranMs > 0,
    });
  }

  #start(instanceId: InstanceId, one: Held, job: SimulatedJob): void {
    this.#checkStart(instanceId, one, job);
    one.active += 1;
    if (one.active > one.parallel)
      this.violations.push(`${one.model.name} runs ${one.active} jobs in ${one.parallel} slots`);
    job.startedAt = this.clock.now();
    this.clock.after(one.model.runMs, () => {
      one.active -= 1;
      const lost = !this.held.has(instanceId) || one.bytes === 0;
      if (one.bytes === 0 && one.active === 0) this.held.delete(instanceId);
      if (lost) {
        job.startedAt = null;
        this.#giveBack(instanceId, job);
        return;
      }
      job.finishedAt = this.clock.now();
      this.#left(instanceId, job, one.model.runMs);
    });
  }

  #checkStart(instanceId: InstanceId, one: Held, job: SimulatedJob): void {
    if (one.state !== 'resident')
      this.violations.push(`${job.id} was sent to ${one.model.name}, which is ${one.state}`);
    if (this.loop.state.instances.get(instanceId)?.status === 'UNLOADING')
      this.violations.push(`${job.id} was sent to an instance that is being unloaded`);
    if (one.weights !== this.models.weightsOf(job.model))
      this.violations.push(`${job.id} was sent to the old weights of ${job.model}`);
    if (one.model.name !== job.model)
      this.violations.push(`${job.id} of ${job.model} was sent to ${one.model.name}`);
  }

  #put(job: SimulatedJob): void {
    const key = keyOf(job);
    const queue = this.#waiting.get(key) ?? [];
    queue.push(job);
    queue.sort((a, b) => a.createdAt - b.createdAt);
    this.#waiting.set(key, queue);
    this.#publish(job);
  }

  #publish(job: SimulatedJob): void {
    const queue = this.#waiting.get(keyOf(job)) ?? [];
    const bucket: Bucket = {
      queue: job.queue,
      priority: job.priority,
      client: job.client,
      count: queue.length,
      createdAtSum: queue.reduce((sum, each) => sum + each.createdAt, 0),
      oldestCreatedAt: queue[0]?.createdAt ?? null,
    };
    this.backlog.apply([bucket], 0);
    this.loop.look();
  }
}

function keyOf({ queue, priority, client }: Pick<SimulatedJob, 'queue' | 'priority' | 'client'>): string {
  return `${queue}|${priority}|${client}`;
}

export function randomPriority(random: Random): JobPriority {
  return JOB_PRIORITIES[Math.floor(random.next() * JOB_PRIORITIES.length)] ?? 'NORMAL';
}
