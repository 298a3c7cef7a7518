/** A server with a day behind it: what was in memory, and the figures of each five minutes, as earlier lives of it took them down. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../../src/app.ts';
import { seededRandom, systemClock, systemRandom, VirtualClock } from '../../../src/clock.ts';
import { type GpuId, newId, stableId } from '../../../src/domain/ids.ts';
import type { Residency } from '../../../src/domain/residency.ts';
import { NO_COUNTS, waitClass } from '../../../src/domain/sample.ts';
import { GiB } from '../../../src/domain/units.ts';
import { createSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { attached, startApp, testConfig } from '../../app/test-app.ts';

const UUID = 'GPU-9a0f5c1e-0000-4000-8000-000000000001';
const STEP_MS = 300_000;
const HOUR_MS = 3_600_000;
const GPU_ID = stableId('gpu', 'ollama', UUID) as GpuId;

/** In hours before the start of the server. */
const STAYS: readonly (readonly [
  model: string,
  from: number,
  to: number,
  gib: number,
  why: string,
  end: string,
])[] = [
  ['gemma:2b', 23, 15, 2.4, 'Jobs of evaluation wait for it.', 'Nobody had used it for 30 minutes.'],
  ['phi3:mini', 20, 9, 3.9, 'Jobs of nightly wait for it.', 'It made room for qwen2.5:0.5b.'],
  ['qwen2.5:0.5b', 9, 2, 1.1, 'It was asked to be loaded.', 'Nobody had used it for 30 minutes.'],
  ['llama3.2:1b', 12, 1, 2.2, 'Jobs of chat wait for it.', 'It was asked to be unloaded.'],
];

export interface ServerWithPast extends AsyncDisposable {
  readonly app: App;
  /** When its past ends, epoch milliseconds. */
  readonly endedAt: number;
}

export async function serverWithPast(): Promise<ServerWithPast> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-past-'));
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 24 * GiB, uuid: UUID, name: 'NVIDIA RTX 4090' }],
    speed: 20,
  });
  const endedAt = Math.floor(systemClock.now() / STEP_MS) * STEP_MS;
  await writePast(dataDir, endedAt);
  const app = await startApp(testConfig(dataDir, [attached(ollama.url)]));
  return {
    app,
    endedAt,
    async [Symbol.asyncDispose]() {
      await app.stop({ graceMs: 0 });
      await ollama.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function writePast(dataDir: string, endedAt: number): Promise<void> {
  // What is taken down has to be new then: what is too old for its fineness is forgotten.
  const clock = new VirtualClock(endedAt - 24 * HOUR_MS);
  const store = createSqliteStore({
    dataDir,
    clock,
    serverId: newId('srv', systemClock, systemRandom),
  });
  await store.start();
  const { residencies, samples } = store.history;
  await residencies.keep(STAYS.map((stay) => residencyOf(stay, endedAt)));
  const random = seededRandom(7);
  for (let at = clock.now() + STEP_MS; at < endedAt; at += STEP_MS) {
    clock.advance(at - clock.now());
    const hoursAgo = (endedAt - at) / HOUR_MS;
    const there = STAYS.filter(([, from, to]) => hoursAgo <= from && hoursAgo > to);
    const instanceBytes = there.reduce((sum, [, , , gib]) => sum + gib * GiB, 0);
    const foreignBytes = hoursAgo < 8 && hoursAgo > 5 ? 6 * GiB : 0.6 * GiB;
    const reservedBytes = hoursAgo < 16 ? 3 * GiB : 0;
    const jobs = Math.round(there.length * (4 + 8 * random.next()));
    await samples.keep(at, {
      gpus: [
        {
          gpuId: GPU_ID,
          readings: 1,
          instanceBytes,
          foreignBytes,
          reservedBytes,
          usedBytes: instanceBytes + foreignBytes,
          utilization: Math.min(1, there.length * 0.22 + 0.2 * random.next()),
          powerWatts: 30 + there.length * 70 + 40 * random.next(),
          temperatureCelsius: 38 + there.length * 8,
          freeBytes: 24 * GiB - instanceBytes - foreignBytes - reservedBytes,
        },
      ],
      counts: {
        ...NO_COUNTS,
        submitted: jobs,
        completed: jobs,
        failed: random.next() < 0.06 ? 2 : 0,
        loads: STAYS.filter(([, from]) => Math.abs(from - hoursAgo) < 0.04).length,
      },
      waiting: Math.round(jobs * random.next()),
      running: Math.min(2, jobs),
      waits:
        jobs === 0
          ? []
          : [
              [waitClass(400 + 3_000 * random.next()), jobs],
              [waitClass(9_000 + 9_000 * random.next()), 1],
            ],
      clients: [
        { client: 'evaluation', busyMs: 90_000 * there.length * random.next(), completed: jobs },
        { client: 'chat', busyMs: 60_000 * random.next(), completed: 3 },
        { client: 'nightly', busyMs: hoursAgo > 9 ? 120_000 * random.next() : 0, completed: 2 },
      ],
    });
  }
  await store.stop();
}

function residencyOf(
  [modelName, from, to, gib, reason, endReason]: (typeof STAYS)[number],
  endedAt: number,
): Residency {
  const id = newId('ins', systemClock, systemRandom);
  const loadingAt = endedAt - from * HOUR_MS;
  return {
    id,
    instanceId: id,
    backendId: stableId('bkd', 'ollama'),
    modelName,
    weights: modelName,
    contextLength: 4_096,
    memory: [{ gpuId: GPU_ID, bytes: gib * GiB }],
    loadingAt,
    readyAt: loadingAt + 4_000,
    endingAt: endedAt - to * HOUR_MS,
    goneAt: endedAt - to * HOUR_MS + 1_000,
    reason,
    endReason,
    jobs: Math.round(from * 11),
    interrupted: false,
  };
}
