/** A system to look at: one backend, two GPUs, three models, two instances; all of it can be changed by the test. */

import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import type { BatchPreview, OutlinedJob } from '../../src/domain/batch-preview.ts';
import { NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import type { Decision, JobWaiting } from '../../src/domain/decision.ts';
import type { Gpu, VramUsage } from '../../src/domain/gpu.ts';
import {
  type BackendId,
  type CellId,
  type GpuId,
  type InstanceId,
  type JobId,
  stableId,
} from '../../src/domain/ids.ts';
import type { InstanceStatus } from '../../src/domain/instance.ts';
import { isTerminal, type Job, NO_JOBS } from '../../src/domain/job.ts';
import type { JobCourse } from '../../src/domain/job-course.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import { type LifetimeCounts, NO_COUNTS } from '../../src/domain/sample.ts';
import type {
  BackendCell,
  BackendState,
  InstanceState,
  LastingFault,
  ModelState,
  QueueState,
  StrayServer,
  SystemControl,
  SystemView,
} from '../../src/domain/system.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import type { ClientStats, ModelSpeed } from '../../src/domain/usage-figures.ts';
import { attachedCapabilities } from './capabilities.ts';

export const AT = Date.UTC(2026, 10, 20, 21, 40, 3, 120);

const BACKEND = stableId('bkd', 'box') as BackendId;

export function usage(over: Partial<VramUsage> = {}): VramUsage {
  return {
    totalBytes: 24 * GiB,
    usedBytes: 9 * GiB,
    headroomBytes: 512 * MiB,
    reservedBytes: 0,
    foreignBytes: GiB,
    instanceBytes: 8 * GiB,
    freeBytes: 24 * GiB - 512 * MiB - 9 * GiB,
    deficitBytes: 0,
    source: 'VIRTUAL',
    sampledAt: AT,
    ...over,
  };
}

export function gpu(index: number): Gpu {
  return {
    id: stableId('gpu', 'box', String(index)) as GpuId,
    key: `GPU-${index}`,
    index,
    name: 'Virtual 24 GiB',
    usage: usage(),
    foreignProcesses: [{ pid: 4_200 + index, name: index === 0 ? 'ComfyUI' : null, bytes: GiB }],
  };
}

export function modelInfo(name: string, over: Partial<ModelInfo> = {}): ModelInfo {
  return {
    name,
    digest: `d${name}`.padEnd(64, '0'),
    weights: `w-${name}`,
    diskBytes: 5 * GiB,
    family: 'llama',
    parameterSize: '8.2B',
    quantization: 'Q4_K_M',
    contextLength: 40_960,
    defaultContextLength: null,
    capabilities: ['completion', 'tools'],
    facts: null,
    ...over,
  };
}

export function modelState(info: ModelInfo): ModelState {
  return { id: stableId('mdl', info.name), info, backendIds: [BACKEND] };
}

export function instance(
  info: ModelInfo,
  gpus: readonly Gpu[],
  over: Partial<InstanceState> & { readonly status?: InstanceStatus } = {},
): InstanceState {
  return {
    id: stableId('ins', info.name) as InstanceId,
    backendId: BACKEND,
    variant: {
      modelName: info.name,
      weights: info.weights,
      contextLength: 4_096,
      options: {},
      embedding: false,
    },
    config: { parallel: 4, kvCacheType: 'f16', flashAttention: null },
    status: 'READY',
    footprint: gpus.map((one) => ({ gpuId: one.id, bytes: 3 * GiB })),
    hostBytes: 0,
    spilled: false,
    adopted: false,
    loadStartedAt: AT - 5_000,
    loadedAt: AT - 1_000,
    lastUsedAt: AT,
    activeJobs: 0,
    evictable: true,
    pinned: false,
    expiresAt: null,
    keepAliveMs: null,
    memory: { sizeBytes: 3 * GiB, vramBytes: 3 * GiB },
    measured: true,
    expectedReadyAt: null,
    activeJobIds: [],
    cellId: null,
    ...over,
  };
}

export function cell(name: string, over: Partial<BackendCell> = {}): BackendCell {
  return {
    id: stableId('cel', name) as CellId,
    backendId: BACKEND,
    status: 'READY',
    role: 'instance',
    modelName: 'qwen3:8b',
    pid: 4_242,
    port: 38_211,
    gpuKeys: ['GPU-0'],
    residentBytes: 44 * MiB,
    restarts: 0,
    startedAt: AT - 5_000,
    endedAt: null,
    exitReason: null,
    ...over,
  };
}

export class SystemFixture implements SystemView, SystemControl {
  startedAt = AT - 60_000;
  version = '1.2.3';
  paused = false;
  strayServer: StrayServer | null = null;
  storeProblem: string | null = null;
  faults: readonly LastingFault[] = [];
  gpus: readonly Gpu[] = [gpu(0), gpu(1)];
  infos: readonly ModelInfo[] = [
    modelInfo('qwen3:8b'),
    modelInfo('llama3.2:1b', { contextLength: null, family: null, parameterSize: null, quantization: null }),
    modelInfo('all-minilm:latest', { capabilities: ['embedding'] }),
  ];
  instances: readonly InstanceState[];
  backend: Partial<BackendState> = {};
  cells: readonly BackendCell[] = [];
  /** Lines by cell, oldest first. */
  readonly logs = new Map<CellId, readonly string[]>();
  decided: readonly Decision[] = [];
  /** Arguments of every call of `vramEstimate` and `latency`. */
  readonly asked: unknown[][] = [];

  constructor() {
    const [first, second] = this.infos;
    if (!first || !second) throw new Error('The fixture has models.');
    this.instances = [
      instance(first, this.gpus),
      instance(second, [], { status: 'LOADING', loadedAt: null }),
    ];
  }

  lastingFaults(): readonly LastingFault[] {
    return this.faults;
  }

  async pause(): Promise<void> {
    this.paused = true;
  }

  async resume(): Promise<void> {
    this.paused = false;
  }

  backends(): readonly BackendState[] {
    return [
      {
        id: BACKEND,
        name: 'box',
        mode: 'ATTACHED',
        capabilities: attachedCapabilities(),
        url: 'http://127.0.0.1:11434',
        health: 'HEALTHY',
        problem: null,
        version: '0.33.0',
        lastSeenAt: AT,
        gpus: this.gpus,
        instances: this.instances,
        cells: this.cells,
        usage: this.usage(),
        ...this.backend,
      },
    ];
  }

  models(): readonly ModelState[] {
    return this.infos.map(modelState);
  }

  modelName(name: string): string {
    return ollamaNames.canonical(name);
  }

  model(name: string): ModelState | null {
    return this.models().find(({ info }) => info.name === ollamaNames.canonical(name)) ?? null;
  }

  vramEstimate(model: ModelState, contextLength: number | null) {
    this.asked.push([model.info.name, contextLength]);
    if (model.info.contextLength === null) return null;
    return { bytes: 6.5 * GiB, overhead: NO_OVERHEAD, measured: contextLength === null };
  }

  usage(): VramUsage {
    return usage({ totalBytes: 48 * GiB });
  }

  gpu(id: GpuId): Gpu | null {
    return this.gpus.find((one) => one.id === id) ?? null;
  }

  queues() {
    return [
      {
        queue: queueKey({ model: 'qwen3:8b', contextLength: 8_192 }),
        modelName: 'qwen3:8b',
        pending: { HIGH: 1, NORMAL: 2, LOW: 3 },
        oldestAgeMs: 1_500.4,
        expectedClearMs: null,
      },
    ];
  }

  queue(key: QueueKey): QueueState {
    return {
      queue: key,
      modelName: parseQueueKey(key).model,
      pending: { HIGH: 0, NORMAL: 1, LOW: 0 },
      oldestAgeMs: 0,
      expectedClearMs: null,
    };
  }

  readonly truncatedPrompts = 2;

  swaps() {
    return {
      loads: 3,
      unloads: 2,
      evictions: 1,
      spills: 0,
      loadTimeMs: 12_345.6,
      coldStarts: 1,
      warmStarts: 2,
    };
  }

  lifetime(): LifetimeCounts {
    return { since: AT - 60_000, counts: { ...NO_COUNTS, completed: 2 ** 40, loadTimeMs: 12_345.6 } };
  }

  latency(priority: Job['priority'] | null, windowMs: number) {
    this.asked.push([priority, windowMs]);
    return { sampleCount: 2, queueP50Ms: 10, queueP95Ms: 20.5, runP50Ms: null, runP95Ms: 40 };
  }

  workEstimates() {
    return { sampleCount: 3, medianError: 0.25, bias: -0.1 };
  }

  startEstimates() {
    return { sampleCount: 4, medianErrorMs: 1_250.4 };
  }

  expectationOf(job: Job) {
    const waiting = this.explain(job);
    return { start: waiting?.expectedStart ?? null, end: job.status === 'PENDING' ? AT + 60_000 : null };
  }

  clients(windowMs: number, only: string | null): readonly ClientStats[] {
    this.asked.push([windowMs, only]);
    return [
      {
        client: only ?? 'ann',
        counts: { ...NO_JOBS, PENDING: 2, COMPLETE: 3 },
        latency: this.latency(null, windowMs),
        oldestWaitMs: 1_500,
        lastSeenAt: AT,
        slotTimeMs: 4_000,
        share: 0.25,
        fairShare: 0.5,
        limits: { weight: 2, maxRunning: 4, maxQueued: null },
        promptTokens: 2 ** 40,
        completionTokens: 12,
        cost: 0.25,
      },
    ];
  }

  speed(model: ModelState, windowMs: number): ModelSpeed | null {
    this.asked.push([model.info.name, windowMs]);
    return { jobs: 3, tokensPerSecond: 55.5, promptTokensPerSecond: null };
  }

  lastUsedAt(): number | null {
    return AT;
  }

  expectedLoadMs(): number | null {
    return 6_000;
  }

  decisions(): readonly Decision[] {
    return this.decided;
  }

  async cellLog(id: CellId, lines: number): Promise<readonly string[] | null> {
    return this.logs.get(id)?.slice(-lines) ?? null;
  }

  course(job: Job): JobCourse | null {
    if (isTerminal(job.status)) return null;
    const explanation = `${job.modelName} has been loading.`;
    return { firstOutputAt: AT, waits: [{ reason: 'LOADING', explanation, from: AT, to: null }] };
  }

  preview(client: string, jobs: readonly OutlinedJob[]): BatchPreview {
    this.asked.push([client, jobs]);
    const queue = {
      queue: jobs[0]?.queue ?? queueKey({ model: 'qwen3:8b', contextLength: null }),
      modelName: 'qwen3:8b',
      jobs: jobs.length,
      inMemory: false,
      loads: 1,
      expectedStart: AT,
      expectedEnd: null,
      problem: 'Nobody knows.',
    };
    const { loads, expectedStart, expectedEnd } = queue;
    return { queues: [queue], unloads: ['gone'], loads, expectedStart, expectedEnd, explanation: 'So.' };
  }

  explain(job: Job): JobWaiting | null {
    if (job.status !== 'PENDING') return null;
    return {
      reason: 'VRAM',
      explanation: 'Needs 6.5 GiB; 3 GiB are free.',
      expectedStart: AT,
      expectedEnd: null,
    };
  }
}

/** `count` decisions, the newest last, as the scheduler keeps them. */
export function decisions(count: number, jobId: JobId | null = null): readonly Decision[] {
  return Array.from({ length: count }, (_, i) => ({
    sequence: i + 1,
    ofKind: i + 1,
    at: AT + i,
    kind: 'LOAD' as const,
    backendId: BACKEND,
    jobId,
    cellId: null,
    modelName: 'qwen3:8b',
    instanceId: null,
    gpuId: null,
    bytes: null,
    inFavourOf: null,
    jobCount: 0,
    explanation: `Decision ${i + 1}.`,
  }));
}
