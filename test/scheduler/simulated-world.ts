/**
 * The real loop over a world in virtual time: jobs, loads and runs take the time they are given, memory is counted by the world
 * itself, and every rule that must always hold is checked as things happen.
 */
import { type Random, VirtualClock } from '../../src/clock.ts';
import type { HostReading } from '../../src/domain/backend.ts';
import { Backlog, type Bucket } from '../../src/domain/backlog.ts';
import { type BackendId, type InstanceId, type JobId, stableId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../src/domain/job.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { ModelResolver, ResolvedModel } from '../../src/domain/resolver.ts';
import { GiB } from '../../src/domain/units.ts';
import type { Effect } from '../../src/scheduler/events.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';

export interface WorldModel {
  readonly name: string;
  readonly bytes: number;
  readonly loadMs: number;
  readonly runMs: number;
  readonly parallel?: number;
  /** Loaded in part where it is larger than the card. */
  readonly partialOffload?: boolean;
}

export interface SimulatedJob {
  readonly id: JobId;
  readonly model: string;
  readonly queue: QueueKey;
  priority: JobPriority;
  readonly client: string;
  readonly createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

interface Held {
  readonly model: WorldModel;
  readonly parallel: number;
  readonly weights?: string;
  bytes: number;
  /** What was free on the card before it was loaded, as its engine saw it. */
  readonly freeBefore?: number;
  /** `freed`: the server has let it go, its memory is on its way back. `spilled`: there, and not to be used. */
  state: 'loading' | 'resident' | 'spilled' | 'leaving' | 'freed';
  active: number;
}

export interface WorldOptions {
  readonly models: readonly WorldModel[];
  readonly totalBytes?: number;
  readonly maxLoadedModels?: number;
  readonly keepAliveMs?: number | null;
  /** How many of the next loads fail. */
  readonly failingLoads?: number;
  /** Whether the server has told its models; default true. */
  readonly listed?: boolean;
  /** Whether the server judges by itself what fits. */
  readonly hasBeliefs?: boolean;
  /** Memory of the host besides the cards, where it is watched. */
  readonly host?: { readonly totalBytes: number; readonly bytesPerInstance: number };
  /** How long after the store has given out jobs the loop hears of it. */
  readonly claimAnswerMs?: number;
  readonly random: Random;
}

export const BACKEND: BackendId = stableId('bkd', 'test');

export class SimulatedWorld {
  readonly clock = new VirtualClock();
  readonly backlog = new Backlog();
  readonly loop: SchedulerLoop;
  readonly jobs: SimulatedJob[] = [];
  readonly held = new Map<InstanceId, Held>();
  readonly loads: string[] = [];
  readonly spills: { readonly model: string; readonly at: number }[] = [];
  readonly violations: string[] = [];
  foreignBytes = 0;
  /**
   * Strangers' memory as the last reading showed it while nothing moved: all that a ledger could know. What comes while an instance
   * leaves could as well be the memory that it has not given back yet.
   */
  observedForeignBytes = 0;
  reachable = true;
  /** Of the host, taken by other programs. */
  hostBytesOfOthers = 0;
  failingLoads: number;
  /** How many of the next loads hang until something is unloaded. */
  hangingLoads = 0;
  /** Models that their server has no more. */
  readonly deleted = new Set<string>();
  /** Said to be wanted and nowhere. */
  readonly missing: string[] = [];
  /** What its server leaves free of the card on top of what the ledger knows: what does not fit beside that, goes to the CPU in part. */
  serverReserveBytes = 0;
  /** A broken probe goes on with its last reading. */
  probeWorks = true;
  readonly resolver: ModelResolver;
  onChange: () => void = () => {};
  readonly #options: WorldOptions;
  /** What names mean since a pull, where that is not their first weights. */
  readonly #pulled = new Map<string, string>();
  readonly #misfits = new Map<string, NonNullable<ResolvedModel['misfit']>>();
  readonly #waiting = new Map<string, SimulatedJob[]>();
  #jobNumber = 0;
  #poked = false;
  #hung: { readonly instanceId: InstanceId; readonly one: Held } | null = null;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.failingLoads = options.failingLoads ?? 0;
    this.resolver = this.#resolver();
    this.loop = new SchedulerLoop({
      backends: [
        {
          id: BACKEND,
          name: 'test',
          mode: 'ATTACHED',
          url: 'http://test',
          capabilities: {
            loadChannels: 1,
            hasBeliefs: options.hasBeliefs ?? false,
            placement: 'server',
            hostBytesPerInstance: options.host?.bytesPerInstance ?? 0,
          },
          maxLoadedModels: options.maxLoadedModels ?? 100,
          headroomBytes: 0,
          parallel: 1,
          hasProbe: true,
          probeIntervalMs: 2_000,
        },
      ],
      backlog: this.backlog,
      resolver: this.resolver,
      clock: this.clock,
      random: options.random,
      perform: (effect) => this.#perform(effect),
      changed: () => this.onChange(),
    });
    this.loop.start();
    this.observe();
  }

  get totalBytes(): number {
    return this.#options.totalBytes ?? 24 * GiB;
  }

  usedBytes(): number {
    return this.foreignBytes + [...this.held.values()].reduce((sum, one) => sum + one.bytes, 0);
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
    const key = this.#key(job);
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
    this.#pulled.set(name, `${this.#pulled.get(name) ?? name}+`);
    this.observe();
  }

  /** What a monitor would tell now. */
  observe(): void {
    const now = this.clock.now();
    const moving = [...this.held.values()].some((one) => one.state !== 'resident' || one.bytes === 0);
    if (this.probeWorks && (!moving || this.foreignBytes < this.observedForeignBytes))
      this.observedForeignBytes = this.foreignBytes;
    this.loop.handle({
      type: 'observed',
      observation: {
        backendId: BACKEND,
        startedAt: now,
        at: now,
        health: this.reachable ? 'HEALTHY' : 'UNREACHABLE',
        problem: this.reachable ? null : 'It does not answer.',
        version: '0.33.0',
        residents: this.reachable
          ? [...this.held.values()]
              .filter((one) => (one.state === 'resident' || one.state === 'spilled') && one.bytes > 0)
              .map((one) => ({
                modelName: one.model.name,
                digest: one.weights ?? one.model.name,
                contextLength: 4096,
                sizeBytes: one.model.bytes,
                vramBytes: one.bytes,
                expiresAt: null,
                parallel: null,
                gpuKeys: null,
              }))
          : null,
        host: this.#host(),
        gpus: this.probeWorks
          ? [
              {
                key: 'GPU-0',
                index: 0,
                name: 'virtual',
                totalBytes: this.totalBytes,
                usedBytes: this.usedBytes(),
                processes: [],
                source: 'VIRTUAL',
                sampledAt: now,
              },
            ]
          : null,
        probeProblem: null,
        models: null,
      },
    });
  }

  /** As its processes hold it: an instance takes all that it may come to take. */
  #host(): HostReading | null {
    const { host } = this.#options;
    if (!host) return null;
    const heldBytes = this.held.size * host.bytesPerInstance;
    const availableBytes = Math.max(0, host.totalBytes - heldBytes - this.hostBytesOfOthers);
    return { totalBytes: host.totalBytes, availableBytes, heldBytes };
  }

  /** The server dies and everything in it. */
  crash(): void {
    this.reachable = false;
    for (const [id, one] of this.held) {
      if (one.state !== 'resident' || one.active === 0) this.held.delete(id);
      else one.bytes = 0;
    }
    this.observe();
  }

  restart(): void {
    this.reachable = true;
    this.observe();
  }

  /** Runs for so long, with a reading every two seconds. */
  run(ms: number): void {
    for (let left = ms; left > 0; left -= 2_000) {
      this.clock.advance(Math.min(2_000, left));
      this.observe();
    }
  }

  get unfinished(): number {
    return this.jobs.filter((job) => job.finishedAt === null).length;
  }

  /** In use, as far as a ledger can know. */
  #knownBytes(): number {
    return this.usedBytes() - this.foreignBytes + this.observedForeignBytes;
  }

  residents(): readonly string[] {
    return [...this.held.values()].filter((one) => one.state === 'resident').map((one) => one.model.name);
  }

  #resolver(): ModelResolver {
    const misfits = this.#misfits;
    const pulled = this.#pulled;
    const deleted = this.deleted;
    return {
      get version() {
        const letters = [...pulled.values()].reduce((sum, weights) => sum + weights.length, 1);
        return [...misfits.values()].reduce((sum, { times }) => sum + times, letters + deleted.size);
      },
      hasListed: () => this.#options.listed ?? true,
      resolve: (queue) => {
        const spec = parseQueueKey(queue);
        const model = this.#options.models.find((each) => each.name === spec.model);
        if (!model || this.deleted.has(model.name)) return null;
        const contextLength = spec.contextLength ?? 4096;
        const weights = pulled.get(model.name) ?? model.name;
        const info: ModelInfo = {
          name: model.name,
          digest: weights,
          weights,
          diskBytes: model.bytes,
          family: null,
          parameterSize: null,
          quantization: null,
          contextLength: null,
          defaultContextLength: null,
          capabilities: ['completion'],
          facts: null,
        };
        return {
          info,
          variant: {
            modelName: model.name,
            weights,
            contextLength,
            options: { num_ctx: contextLength, num_gpu: 999 },
            embedding: false,
          },
          config: { parallel: model.parallel ?? 4, kvCacheType: 'f16', flashAttention: null },
          footprintBytes: model.bytes,
          predictedByServerBytes: model.bytes,
          measured: true,
          loadMs: model.loadMs,
          keepAliveMs: this.#options.keepAliveMs ?? null,
          partialOffload: model.partialOffload ?? false,
          misfit: misfits.get(model.name) ?? null,
        };
      },
    };
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'claim':
        this.clock.after(1, () => this.#claim(effect));
        return;
      case 'load':
        this.#load(effect);
        return;
      case 'unload':
        this.#unload(effect.instanceId);
        return;
      case 'poke':
        if (this.#poked) return;
        this.#poked = true;
        this.clock.after(100, () => {
          this.#poked = false;
          this.observe();
        });
        return;
      case 'adopt':
        this.#adopt(effect.instanceId, effect.resident.modelName);
        return;
      case 'missing':
        this.missing.push(effect.modelName);
        return;
      case 'forget':
      case 'probed':
      case 'decided':
        return;
    }
  }

  #claim(effect: Extract<Effect, { type: 'claim' }>): void {
    const { picks } = effect.claim;
    const got: SimulatedJob[] = [];
    for (const pick of picks) {
      const key = `${pick.queue}|${pick.priority}|${pick.client}`;
      const queue = this.#waiting.get(key) ?? [];
      const taken = queue.splice(0, pick.count);
      got.push(...taken);
      if (taken[0]) this.#publish(taken[0]);
    }
    const { claimAnswerMs } = this.#options;
    if (claimAnswerMs === undefined) this.#claimed(effect, got);
    else this.clock.after(claimAnswerMs, () => this.#claimed(effect, got));
  }

  #claimed(effect: Extract<Effect, { type: 'claim' }>, got: readonly SimulatedJob[]): void {
    const { instanceId, as } = effect.claim;
    const one = this.held.get(instanceId);
    this.loop.handle({ type: 'claimed', claimNumber: effect.claimNumber, jobs: got.map((job) => job.id) });
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
    this.loop.handle({
      type: 'left',
      instanceId,
      jobId: job.id,
      client: job.client,
      ranMs: 0,
      suspect: false,
    });
  }

  #start(instanceId: InstanceId, one: Held, job: SimulatedJob): void {
    const status = this.loop.state.instances.get(instanceId)?.status;
    if (one.state !== 'resident')
      this.violations.push(`${job.id} was sent to ${one.model.name}, which is ${one.state}`);
    if (status === 'UNLOADING')
      this.violations.push(`${job.id} was sent to an instance that is being unloaded`);
    if ((one.weights ?? one.model.name) !== (this.#pulled.get(job.model) ?? job.model))
      this.violations.push(`${job.id} was sent to the old weights of ${job.model}`);
    if (one.model.name !== job.model)
      this.violations.push(`${job.id} of ${job.model} was sent to ${one.model.name}`);
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
      this.loop.handle({
        type: 'left',
        instanceId,
        jobId: job.id,
        client: job.client,
        ranMs: one.model.runMs,
        suspect: false,
      });
    });
  }

  #load(effect: Extract<Effect, { type: 'load' }>): void {
    const name = effect.spec.variant.modelName;
    const model = this.#options.models.find((each) => each.name === name);
    if (!model) throw new Error(`${name} is not a model.`);
    if ([...this.held.values()].some((one) => one.state === 'loading'))
      this.violations.push(`${name} loads beside another load`);
    const twin = [...this.held.values()].find(
      (one) => one.model.name === name && one.bytes > 0 && one.state !== 'freed',
    );
    if (twin) this.violations.push(`${name} is loaded although it is ${twin.state}`);
    if (this.#options.hasBeliefs) this.#checkBelief(model);
    const whole = effect.spec.variant.options.num_gpu !== undefined;
    const one: Held = {
      model,
      weights: effect.spec.variant.weights,
      parallel: model.parallel ?? 4,
      // Without a number of layers the engine takes what is free, and leaves the rest to the CPU.
      bytes: whole ? model.bytes : Math.min(model.bytes, this.totalBytes - this.#knownBytes()),
      freeBefore: this.totalBytes - this.#knownBytes(),
      state: 'loading',
      active: 0,
    };
    if (this.hangingLoads > 0) {
      this.hangingLoads -= 1;
      this.held.set(effect.instanceId, one);
      this.loads.push(name);
      this.#hung = { instanceId: effect.instanceId, one };
      return;
    }
    this.held.set(effect.instanceId, one);
    this.loads.push(name);
    const known = this.#knownBytes();
    if (known > this.totalBytes)
      this.violations.push(`loading ${name} overdraws the card: ${known} of ${this.totalBytes}`);
    const count = [...this.held.values()].filter((each) => each.bytes > 0 && each.state !== 'freed').length;
    if (count > (this.#options.maxLoadedModels ?? 100)) this.violations.push(`${count} models are loaded`);
    this.clock.after(model.loadMs, () => {
      if (!this.held.has(effect.instanceId)) {
        this.loop.handle({
          type: 'load-failed',
          instanceId: effect.instanceId,
          remedy: 'wait',
          message: 'the server went',
          spilled: false,
        });
      } else if (whole && this.usedBytes() + this.serverReserveBytes > this.totalBytes) {
        this.#spill(effect.instanceId, one);
      } else if (this.failingLoads > 0) {
        this.failingLoads -= 1;
        this.held.delete(effect.instanceId);
        this.loop.handle({
          type: 'load-failed',
          instanceId: effect.instanceId,
          remedy: 'retry',
          message: 'it broke',
          spilled: false,
        });
      } else {
        one.state = 'resident';
        const measured = { sizeBytes: one.model.bytes, vramBytes: one.bytes };
        this.loop.handle({
          type: 'loaded',
          instanceId: effect.instanceId,
          variant: effect.spec.variant,
          measured,
        });
      }
    });
  }

  /** As the backends do it: what should have been whole is a failed load, and is let go. */
  #spill(instanceId: InstanceId, one: Held): void {
    const { name, bytes } = one.model;
    const roomBytes = this.totalBytes - this.usedBytes() + one.bytes;
    one.bytes = Math.max(1, roomBytes - this.serverReserveBytes);
    one.state = 'spilled';
    this.spills.push({ model: name, at: this.clock.now() });
    const times = (this.#misfits.get(name)?.times ?? 0) + 1;
    const vramBytes = one.bytes;
    this.#misfits.set(name, { sizeBytes: bytes, vramBytes, roomBytes, at: this.clock.now(), times });
    this.loop.handle({
      type: 'load-failed',
      instanceId,
      remedy: 'free-memory',
      message: 'Only a part went to the GPU.',
      spilled: true,
    });
  }

  /** Ollama's own test of a further model, by whichever running engine's frozen record it happens to ask: none may say no. */
  #checkBelief(model: WorldModel): void {
    const running = [...this.held.values()].filter(
      (one) => one.state === 'resident' || one.state === 'leaving',
    );
    const unclaimed = this.totalBytes - running.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of running) {
      const believed = Math.min(unclaimed, (one.freeBefore ?? this.totalBytes) - one.bytes);
      if (model.bytes > 0.8 * believed)
        this.violations.push(`Ollama would evict for ${model.name}, by the record of ${one.model.name}`);
    }
  }

  #unload(instanceId: InstanceId): void {
    // Any unload wakes an Ollama whose loads hang.
    const hung = this.#hung;
    if (hung && hung.instanceId !== instanceId) {
      this.#hung = null;
      this.clock.after(hung.one.model.loadMs, () => {
        hung.one.state = 'resident';
        const measured = { sizeBytes: hung.one.bytes, vramBytes: hung.one.bytes };
        const variant = this.loop.state.instances.get(hung.instanceId)?.variant;
        if (variant) this.loop.handle({ type: 'loaded', instanceId: hung.instanceId, variant, measured });
      });
    }
    const one = this.held.get(instanceId);
    if (one && one.active > 0)
      this.violations.push(`${one.model.name} is unloaded with ${one.active} jobs on it`);
    if (one) one.state = 'leaving';
    // The server says that it is gone a little before its memory is back.
    this.clock.after(20, () => {
      if (one) one.state = 'freed';
      this.loop.handle({ type: 'unloaded', instanceId });
    });
    this.clock.after(400, () => this.held.delete(instanceId));
  }

  #adopt(instanceId: InstanceId, name: string): void {
    const found = [...this.held].find(([, one]) => one.model.name === name && one.bytes > 0);
    if (!found) return;
    this.held.delete(found[0]);
    this.held.set(instanceId, found[1]);
  }

  #put(job: SimulatedJob): void {
    const key = this.#key(job);
    const queue = this.#waiting.get(key) ?? [];
    queue.push(job);
    queue.sort((a, b) => a.createdAt - b.createdAt);
    this.#waiting.set(key, queue);
    this.#publish(job);
  }

  #key(job: SimulatedJob): string {
    return `${job.queue}|${job.priority}|${job.client}`;
  }

  #publish(job: SimulatedJob): void {
    const queue = this.#waiting.get(this.#key(job)) ?? [];
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

export function randomPriority(random: Random): JobPriority {
  return JOB_PRIORITIES[Math.floor(random.next() * JOB_PRIORITIES.length)] ?? 'NORMAL';
}
