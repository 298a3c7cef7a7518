/** What `vramkeeper top` is shown in its tests. */
import { type TopState, topFrame } from '../../src/cli/top/top-frame.ts';
import type { RunningJob } from '../../src/cli/top/top-running.ts';
import type { Backend, Situation } from '../../src/cli/top/top-sections.ts';
import { GiB } from '../../src/domain/units.ts';

export const NOW = Date.UTC(2026, 10, 20, 21, 40, 0);
export const ago = (ms: number) => new Date(NOW - ms).toISOString();
export const plain = { style: (_style: unknown, text: string) => text };
export const colored = { style: (_style: unknown, text: string) => `\u001b[32m${text}\u001b[0m` };

type Gpu = Backend['gpus'][number];
type Instance = Backend['instances'][number];

export function gpu(index: number, over: Partial<Gpu['vram']> = {}): Gpu {
  return {
    index,
    name: 'NVIDIA GeForce RTX 4090',
    foreignProcesses: [{ pid: 4242, name: 'python', bytes: GiB }],
    reservations: [{ owner: 'tests', bytes: 4 * GiB, ready: false, expiresAt: ago(-7_200_000) }],
    vram: {
      totalBytes: 24 * GiB,
      headroomBytes: GiB / 2,
      reservedBytes: 4 * GiB,
      foreignBytes: GiB,
      instanceBytes: 10 * GiB,
      freeBytes: 8.5 * GiB,
      deficitBytes: 0,
      sampledAt: ago(100),
      ...over,
    },
  };
}

export function instance(modelName: string, over: Partial<Instance> = {}): Instance {
  return {
    id: `ins_${modelName}`,
    modelName,
    status: 'READY',
    contextLength: 8192,
    parallel: 4,
    pinned: false,
    spilled: false,
    expiresAt: null,
    lastUsedAt: ago(12_000),
    vramBytes: 6.5 * GiB,
    activeJobs: [],
    gpus: [{ index: 0 }],
    ...over,
  };
}

export const situation: Situation = {
  health: { status: 'DEGRADED', problems: [{ message: 'nvidia-smi does not answer.' }, { message: 'Two.' }] },
  stats: {
    version: '1.2.3',
    startedAt: ago(7_500_000),
    paused: false,
    counts: { pending: 120, queued: 2, running: 3 },
    swaps: { loads: 12, evictions: 3, coldStarts: 0, warmStarts: 0 },
    latency: { queueP50: 1_200, queueP95: null },
    queues: [
      queue('new', { oldestAge: 1_000 }),
      queue('old', { oldestAge: 90_000, contextLength: 16_384, expectedClear: 42_000 }),
      queue('empty', { pendingHigh: 0, pendingNormal: 0, pendingLow: 0 }),
    ],
  },
  decisions: {
    nodes: [
      { at: ago(1_000), kind: 'DISPATCH', modelName: 'a', explanation: 'Slot 1.' },
      { at: ago(2_000), kind: 'DISPATCH', modelName: 'b', explanation: 'Slot 1.' },
      { at: ago(3_000), kind: 'DISPATCH', modelName: 'b', explanation: 'Slot 2.' },
      { at: ago(4_000), kind: 'LOAD', modelName: 'b', explanation: 'Needs 2 GiB.' },
      { at: ago(5_000), kind: 'DISPATCH', modelName: 'a', explanation: 'Slot 2.' },
      { at: ago(6_000), kind: 'ADMISSION_REFUSED', modelName: null, explanation: 'Too large.' },
    ],
  },
};

export function queue(modelName: string, over: Partial<Situation['stats']['queues'][number]> = {}) {
  return {
    modelName,
    contextLength: null,
    pendingHigh: 1,
    pendingNormal: 2,
    pendingLow: 30,
    oldestAge: null,
    expectedClear: null,
    ...over,
  };
}

export function running(id: string, modelName: string, over: Partial<RunningJob> = {}): RunningJob {
  return {
    id,
    modelName,
    client: 'ann',
    priority: 'HIGH',
    pieces: 120,
    startedAt: ago(4_000),
    tokensPerSecond: 30.04,
    ...over,
  };
}

export const state: TopState = {
  situation,
  running: [running('job_1', 'a')],
  notice: null,
  backends: [
    {
      name: 'box',
      health: 'HEALTHY',
      capabilities: { startsProcesses: false },
      cells: [],
      gpus: [gpu(0), gpu(1, { freeBytes: 0, deficitBytes: 1.5 * GiB })],
      instances: [
        instance('a', { activeJobs: [{ id: 'job_1' }] }),
        instance('b', { pinned: true, gpus: [{ index: 0 }, { index: 1 }] }),
        instance('c', { spilled: true, expiresAt: ago(-240_000) }),
        instance('d', { status: 'LOADING' }),
      ],
    },
  ],
};

export function page(
  over: Partial<TopState> = {},
  columns = 160,
  rows: number | null = null,
): readonly string[] {
  return topFrame({ ...state, ...over }, { columns, rows, now: NOW, terminal: plain });
}
