/**
 * What one turn of the scheduling loop takes, in milliseconds of its thread on the processor: time by the clock would tell of others on the machine, too. In
 * virtual time loads end after two seconds, jobs after one. Each event is one turn, and every claim and every end of a job changes the backlog, as in a server.
 */
import { managedOllama } from '../src/backend/managed/capabilities.ts';
import { seededRandom, VirtualClock } from '../src/clock.ts';
import { Backlog, type Bucket } from '../src/domain/backlog.ts';
import { type BackendId, type JobId, stableId } from '../src/domain/ids.ts';
import { JOB_PRIORITIES } from '../src/domain/job.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../src/domain/queue-key.ts';
import type { ResolvedModel } from '../src/domain/resolver.ts';
import type { ClaimPick } from '../src/domain/store.ts';
import { GiB } from '../src/domain/units.ts';
import type { Effects, TaskOf } from '../src/scheduler/effects.ts';
import type { SchedulerEvent } from '../src/scheduler/events.ts';
import { SchedulerLoop } from '../src/scheduler/loop.ts';
import { percentile } from './measured/workload.ts';

interface Scene {
  readonly about: string;
  readonly models: number;
  readonly gpus: number;
  readonly gpuBytes: number;
  readonly clients: number;
  readonly jobs: number;
}

const SCENES: readonly Scene[] = [
  { about: '7,000 client names', models: 2, gpus: 1, gpuBytes: 24 * GiB, clients: 7_000, jobs: 7_000 },
  {
    about: '100,000 client names in one queue',
    models: 1,
    gpus: 1,
    gpuBytes: 24 * GiB,
    clients: 100_000,
    jobs: 100_000,
  },
  {
    about: '200 models, 8 GPUs, 1,000,000 waiting jobs',
    models: 200,
    gpus: 8,
    gpuBytes: 80 * GiB,
    clients: 20,
    jobs: 1_000_000,
  },
];

const TURNS = 1_500;
const LOAD_MS = 2_000;
const RUN_MS = 1_000;
const READING_MS = 2_000;

export async function run(print: (line: string) => void): Promise<void> {
  for (const scene of SCENES) {
    const times = new Turns(scene).measure(TURNS).sort((a, b) => a - b);
    const ms = (share: number) => percentile(times, share).toFixed(2);
    const mean = (times.reduce((sum, each) => sum + each, 0) / times.length).toFixed(2);
    print(
      `${scene.about}: mean ${mean} ms, median ${ms(0.5)} ms, p99 ${ms(0.99)} ms, longest ${ms(1)} ms of the processor; ${times.length} turns`,
    );
  }
}

class Turns implements Effects {
  readonly #scene: Scene;
  readonly #clock = new VirtualClock();
  readonly #backlog = new Backlog();
  readonly #buckets = new Map<string, Bucket>();
  readonly #backendId = stableId('bkd', 'box') as BackendId;
  readonly #loop: SchedulerLoop;
  readonly #times: number[] = [];
  #nextJob = 1;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#loop = new SchedulerLoop({
      backends: [
        {
          id: this.#backendId,
          name: 'box',
          mode: 'MANAGED',
          url: 'http://box',
          capabilities: managedOllama({ loadChannels: 2, hostBytesPerInstance: 0 }),
          maxLoadedModels: null,
          headroomBytes: 0,
          parallel: 4,
          hasProbe: true,
          probeIntervalMs: READING_MS,
        },
      ],
      backlog: this.#backlog,
      resolver: {
        version: 1,
        hasListed: () => true,
        isNamed: () => true,
        resolve: (queue) => this.#resolve(queue),
      },
      clock: this.#clock,
      random: seededRandom(1),
      changed: () => {},
    });
  }

  /** Milliseconds of each turn. */
  measure(turns: number): number[] {
    this.#fill();
    this.#loop.start(this);
    this.#read();
    while (this.#times.length < turns) this.#clock.advance(10);
    this.#loop.stop();
    return this.#times;
  }

  #fill(): void {
    const { models, clients, jobs } = this.#scene;
    const each = Math.max(1, Math.floor(jobs / (models * clients)));
    const buckets = Array.from({ length: Math.floor(jobs / each) }, (_, i): Bucket => {
      const model = i % models;
      const client = `client ${Math.floor(i / models) % clients}`;
      const priority = JOB_PRIORITIES[Math.floor(i / models) % JOB_PRIORITIES.length] ?? 'LOW';
      const queue = queueKey({ model: `model-${model}:latest`, contextLength: null });
      return { queue, priority, client, count: each, createdAtSum: 0, oldestCreatedAt: 0 };
    });
    for (const bucket of buckets) this.#buckets.set(keyOf(bucket), bucket);
    this.#backlog.apply([...this.#buckets.values()], 0);
  }

  #turn(event: SchedulerEvent): void {
    const before = process.threadCpuUsage();
    this.#loop.handle(event);
    const { user, system } = process.threadCpuUsage(before);
    this.#times.push((user + system) / 1_000);
  }

  #read(): void {
    const now = this.#clock.now();
    const held = [...this.#loop.state.instances.values()].flatMap(({ footprint }) => footprint);
    const gpus = Array.from({ length: this.#scene.gpus }, (_, index) => {
      const key = `GPU-${index}`;
      const own = held.filter(({ gpuId }) => gpuId === stableId('gpu', 'box', key));
      const usedBytes = own.reduce((sum, { bytes }) => sum + bytes, 0);
      const fixed = { name: 'virtual', processes: [], source: 'VIRTUAL', sampledAt: now } as const;
      return { key, index, totalBytes: this.#scene.gpuBytes, usedBytes, ...fixed };
    });
    const unknown = {
      version: null,
      residents: null,
      host: null,
      probeProblem: null,
      models: null,
      problem: null,
    };
    const observation = {
      backendId: this.#backendId,
      startedAt: now,
      at: now,
      health: 'HEALTHY',
      gpus,
      ...unknown,
    } as const;
    this.#turn({ type: 'observed', observation });
    this.#clock.after(READING_MS, () => this.#read());
  }

  claim(task: TaskOf<'claim'>): void {
    this.#clock.after(1, () => this.#claim(task));
  }

  load({ instanceId, spec: { variant } }: TaskOf<'load'>): void {
    this.#clock.after(LOAD_MS, () => this.#turn({ type: 'loaded', instanceId, variant, measured: null }));
  }

  unload({ instanceId }: TaskOf<'unload'>): void {
    this.#clock.after(400, () => this.#turn({ type: 'unloaded', instanceId }));
  }

  /** Readings come anyhow, and nothing else is asked for. */
  poke(): void {}
  adopt(): void {}
  cancelLoad(): void {}
  forget(): void {}
  probed(): void {}
  refuse(): void {}
  missing(): void {}

  #claim({ claim, claimNumber }: TaskOf<'claim'>): void {
    const taken = claim.picks.flatMap((pick) => Array.from({ length: this.#take(pick) }, () => pick.client));
    const jobs = taken.map((client) => ({ client, jobId: `job_${this.#nextJob++}` as JobId }));
    this.#turn({ type: 'claimed', claimNumber, jobs: jobs.map(({ jobId }) => jobId) });
    const { instanceId } = claim;
    const how = { ranMs: RUN_MS, evidence: 'none', succeeded: true } as const;
    for (const job of jobs) {
      this.#clock.after(RUN_MS + LOAD_MS, () => this.#turn({ type: 'left', instanceId, ...job, ...how }));
    }
  }

  /** As the store does with a claim. */
  #take(pick: ClaimPick): number {
    const bucket = this.#buckets.get(keyOf(pick));
    if (!bucket) return 0;
    const count = Math.min(bucket.count, pick.count);
    const left = { ...bucket, count: bucket.count - count };
    this.#buckets.set(keyOf(pick), left);
    this.#backlog.apply([left], 0);
    return count;
  }

  #resolve(queue: QueueKey): ResolvedModel {
    const { model } = parseQueueKey(queue);
    const number = Number(/\d+/.exec(model)?.[0]);
    const bytes = (4 + (number % 12)) * GiB;
    return {
      info: { name: model } as ResolvedModel['info'],
      variant: { modelName: model, weights: model, contextLength: 4_096, options: {}, embedding: false },
      config: { parallel: 4, kvCacheType: 'f16', flashAttention: null },
      footprintBytes: bytes,
      predictedByServerBytes: bytes,
      measured: true,
      loadMs: LOAD_MS,
      keepAliveMs: null,
    };
  }
}

function keyOf({ queue, priority, client }: Pick<Bucket, 'queue' | 'priority' | 'client'>): string {
  return `${queue}\0${priority}\0${client}`;
}
