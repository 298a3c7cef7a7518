/**
 * The scheduling loop and the registry over a virtual Ollama, all by one virtual clock: a run of minutes takes a tenth of a second, and
 * the same seed gives the same run.
 */
import { ATTACHED_OLLAMA } from '../../src/backend/ollama/capabilities.ts';
import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import { type Random, seededRandom, VirtualClock } from '../../src/clock.ts';
import { Backlog } from '../../src/domain/backlog.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { type BackendId, type InstanceId, type JobId, stableId } from '../../src/domain/ids.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { createRegistry, type Registry } from '../../src/registry/registry.ts';
import type { Effects, TaskOf } from '../../src/scheduler/effects.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import { CARD_BYTES, CONTEXT_LENGTH, MOST_LOADED, SLOTS } from './virtual.ts';
import { INTERVAL_MS, type Taken, VERSION, VirtualServer } from './virtual-server.ts';
import { type JobTimes, type Outcome, summarize, type WorkloadJob } from './workload.ts';

/** From one submitted job to the next, of those that come together. */
const SUBMIT_MS = 3;
/** What the store takes to give out jobs. */
const CLAIM_MS = 3;
const READING_MS = 30;
/** What the server waits so that several wishes for a reading are one. */
const POKE_DELAY_MS = 100;
/** How often a job that was claimed for a loading instance looks whether it is there. */
const LOOK_MS = 5;
const KEEP_ALIVE_MS = 300_000;
const LONGEST_RUN_MS = 3_600_000;
const STEP_MS = 20;

const BACKEND: BackendId = stableId('bkd', 'ollama');
const CLIENT = 'bench';

interface ReplayedJob extends WorkloadJob {
  readonly id: JobId;
  readonly queue: QueueKey;
  arrivedAt: number;
  doneAt: number | null;
}

/** One run of the attached way. @throws Error when the jobs are not done after an hour */
export function replayAttached(
  jobs: readonly WorkloadJob[],
  models: readonly ModelInfo[],
  seed: number,
): Outcome {
  return new AttachedReplay(jobs, models, seededRandom(seed)).run();
}

class AttachedReplay implements Effects {
  readonly #clock = new VirtualClock();
  readonly #random: Random;
  readonly #server: VirtualServer;
  readonly #registry: Registry;
  readonly #loop: SchedulerLoop;
  readonly #backlog = new Backlog();
  readonly #jobs: readonly ReplayedJob[];
  readonly #waiting = new Map<QueueKey, readonly ReplayedJob[]>();
  #isPoked = false;

  constructor(jobs: readonly WorkloadJob[], models: readonly ModelInfo[], random: Random) {
    this.#random = random;
    this.#server = new VirtualServer(this.#clock, random, models);
    this.#registry = createRegistry({
      config: {},
      nameRules: { of: () => ollamaNames, all: [ollamaNames] },
      defaults: { keepAliveMs: KEEP_ALIVE_MS, rules: () => RULES, ramBytes: () => 64 * GiB },
      store: { remember: async () => {}, recall: async () => new Map() },
      clock: this.#clock,
    });
    this.#registry.observe(BACKEND, models, VERSION);
    this.#registry.observeRoom(BACKEND, { largestBytes: CARD_BYTES, totalBytes: CARD_BYTES, cards: 1 });
    this.#loop = new SchedulerLoop({
      backends: [ATTACHED],
      backlog: this.#backlog,
      resolver: this.#registry,
      clock: this.#clock,
      random,
      changed: () => {},
    });
    this.#jobs = jobs.map((job, i) => ({
      ...job,
      id: `job_${i}` as JobId,
      queue: queueKey({ model: job.model, contextLength: null }),
      arrivedAt: 0,
      doneAt: null,
    }));
  }

  run(): Outcome {
    const startedAt = this.#clock.now();
    this.#loop.start(this);
    this.#read();
    // Those that come together come in any order.
    for (const [turn, job] of shuffled(this.#jobs, this.#random).entries())
      this.#clock.after(job.arrivalMs + turn * SUBMIT_MS, () => this.#submit(job));
    while (!this.#isOver() && this.#clock.monotonic() < LONGEST_RUN_MS) this.#clock.advance(STEP_MS);
    this.#loop.stop();
    const times = this.#jobs.map(({ id, arrivedAt, doneAt }): JobTimes => {
      if (doneAt === null) throw new Error(`${id} is not done after ${LONGEST_RUN_MS / 1000} s.`);
      return { arrivedAt, doneAt };
    });
    const { loads, ownEvictions } = this.#server;
    return { ...summarize(startedAt, times), loads, ownEvictions };
  }

  #isOver(): boolean {
    return this.#jobs.every(({ doneAt }) => doneAt !== null);
  }

  /** At once, and from then on once an interval. */
  #read(): void {
    this.#observe();
    this.#clock.after(INTERVAL_MS, () => this.#read());
  }

  #observe(): void {
    this.#loop.handle({ type: 'observed', observation: this.#server.observation(BACKEND) });
  }

  #submit(job: ReplayedJob): void {
    job.arrivedAt = this.#clock.now();
    this.#put(job);
  }

  #put(job: ReplayedJob): void {
    this.#setWaiting(job.queue, [...(this.#waiting.get(job.queue) ?? []), job]);
  }

  #setWaiting(queue: QueueKey, waiting: readonly ReplayedJob[]): void {
    this.#waiting.set(queue, waiting);
    const bucket = {
      queue,
      priority: 'NORMAL',
      client: CLIENT,
      count: waiting.length,
      createdAtSum: waiting.reduce((sum, { arrivedAt }) => sum + arrivedAt, 0),
      oldestCreatedAt: waiting[0]?.arrivedAt ?? null,
    } as const;
    this.#backlog.apply([bucket], 0);
    this.#loop.look();
  }

  claim(task: TaskOf<'claim'>): void {
    this.#clock.after(CLAIM_MS, () => this.#claim(task));
  }

  load({ instanceId, spec: { variant } }: TaskOf<'load'>): void {
    const startedAt = this.#clock.monotonic();
    this.#server.load(variant.modelName, variant.options, {
      loaded: (taken) => {
        this.#learn(instanceId, taken, this.#clock.monotonic() - startedAt);
        this.#loop.handle({ type: 'loaded', instanceId, variant, measured: taken });
      },
      failed: (message) =>
        this.#loop.handle({
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
    const instance = this.#loop.state.instances.get(instanceId);
    if (!instance) return;
    this.#server.unload(instance.variant.modelName, () =>
      this.#loop.handle({ type: 'unloaded', instanceId }),
    );
  }

  poke({ when }: TaskOf<'poke'>): void {
    if (this.#isPoked) return;
    this.#isPoked = true;
    this.#clock.after((when === 'now' ? 0 : POKE_DELAY_MS) + READING_MS, () => {
      this.#isPoked = false;
      this.#observe();
    });
  }

  probed({ instanceId, probedBytes, cards }: TaskOf<'probed'>): void {
    const instance = this.#loop.state.instances.get(instanceId);
    if (!instance) return;
    void this.#registry.learnProbed(instance.variant, instance.config, BACKEND, { probedBytes, cards });
  }

  /** Nobody else loads there, nothing goes by itself, and all that is wanted can be had: none of these is asked for. */
  adopt(): void {}
  cancelLoad(): void {}
  forget(): void {}
  missing(): void {}
  refuse(): void {}

  #claim({ claim, claimNumber }: TaskOf<'claim'>): void {
    const got: ReplayedJob[] = [];
    for (const { queue, count } of claim.picks) {
      const waiting = this.#waiting.get(queue) ?? [];
      got.push(...waiting.slice(0, count));
      this.#setWaiting(queue, waiting.slice(count));
    }
    this.#loop.handle({ type: 'claimed', claimNumber, jobs: got.map(({ id }) => id) });
    for (const job of got) this.#start(claim.instanceId, job);
  }

  #start(instanceId: InstanceId, job: ReplayedJob): void {
    const instance = this.#loop.state.instances.get(instanceId);
    const left = (ranMs: number, evidence: Evidence) =>
      this.#loop.handle({
        type: 'left',
        instanceId,
        jobId: job.id,
        client: CLIENT,
        ranMs,
        evidence,
        succeeded: ranMs > 0 && evidence === 'none',
      });
    if (!instance) {
      this.#put(job);
      left(0, 'none');
      return;
    }
    if (instance.status === 'LOADING') {
      this.#clock.after(LOOK_MS, () => this.#start(instanceId, job));
      return;
    }
    const startedAt = this.#clock.monotonic();
    this.#server.run(instance.variant.modelName, instance.variant.options, job.outputTokens, {
      done: () => {
        job.doneAt = this.#clock.now();
        left(this.#clock.monotonic() - startedAt, 'none');
      },
      failed: () => {
        this.#put(job);
        left(0, 'gone');
      },
    });
  }

  #learn(instanceId: InstanceId, taken: Taken, loadMs: number): void {
    const instance = this.#loop.state.instances.get(instanceId);
    if (!instance) return;
    const [roomBytes] = instance.freeBeforeLoad.values();
    const measured = { ...taken, loadMs, ...(roomBytes !== undefined && { roomBytes }) };
    void this.#registry.learnFootprint(instance.variant, instance.config, VERSION, BACKEND, measured);
  }
}

const RULES = {
  contextLength: CONTEXT_LENGTH,
  parallel: SLOTS,
  ownProcess: false,
  mayReduceParallel: false,
  kvCacheType: 'f16',
  flashAttention: null,
} as const;

const ATTACHED = {
  id: BACKEND,
  name: 'ollama',
  mode: 'ATTACHED',
  url: 'http://127.0.0.1:11434',
  capabilities: ATTACHED_OLLAMA,
  maxLoadedModels: MOST_LOADED,
  headroomBytes: 0,
  parallel: SLOTS,
  hasProbe: true,
  probeIntervalMs: INTERVAL_MS,
} as const;

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
