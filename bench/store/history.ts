/** What figures over time cost: a week of them with two cards and thirty busy clients, in virtual time. `npm run bench -- history` */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom, VirtualClock } from '../../src/clock.ts';
import { type GpuId, newId, stableId } from '../../src/domain/ids.ts';
import { busiest, FINEST_MS, type Sample, seriesQuery, TIERS } from '../../src/domain/sample.ts';
import { formatBytes, GiB } from '../../src/domain/units.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';

const DAY_MS = 86_400_000;
const DAYS = 7;
const CLIENTS = 30;
/** Handed over at once, as a commit takes them. */
const AT_ONCE = 100;

export async function run(print: (line: string) => void): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'vramkeeper-bench-'));
  const clock = new VirtualClock();
  const store = createSqliteStore({ dataDir, serverId: newId('srv', clock, systemRandom), clock });
  await store.start();
  try {
    const from = Math.floor(clock.now() / FINEST_MS) * FINEST_MS;
    const cpuBefore = process.cpuUsage();
    let pending: Promise<void>[] = [];
    for (let at = from; at < from + DAYS * DAY_MS; at += FINEST_MS) {
      clock.advance(FINEST_MS);
      pending.push(store.history.samples.keep(at, sampleOf()));
      if (pending.length === AT_ONCE) {
        await Promise.all(pending);
        pending = [];
      }
    }
    await Promise.all(pending);
    const { user, system } = process.cpuUsage(cpuBefore);
    const samples = (DAYS * DAY_MS) / FINEST_MS;
    const msEach = (user + system) / 1_000 / samples;
    print(
      `${samples} samples: ${msEach.toFixed(2)} ms of a core each, ${share(msEach)} of it at one each 10 s`,
    );
    for (const points of [100, 1_000]) {
      const begun = systemClock.monotonic();
      const range = { from: clock.now() - DAYS * DAY_MS + 60_000, to: clock.now() };
      await store.history.samples.series(seriesQuery(range, points, clock.now()));
      print(`${DAYS} days at ${points} points: ${Math.round(systemClock.monotonic() - begun)} ms`);
    }
  } finally {
    await store.stop();
  }
  const { size } = statSync(join(dataDir, 'vramkeeper.db'));
  print(`the database after ${DAYS} days: ${formatBytes(size)}`);
  const record = JSON.stringify(sampleOf()).length;
  const rows = TIERS.reduce((sum, { stepMs, keptMs }) => sum + keptMs / stepMs, 0);
  print(
    `a record: ${record} bytes; when all that is kept is there: ${rows} records, ${formatBytes(rows * record)}`,
  );
  rmSync(dataDir, { recursive: true });
}

function share(msEach: number): string {
  return `${((100 * msEach) / FINEST_MS).toFixed(3)} %`;
}

function sampleOf(): Sample {
  const some = (most: number) => Math.floor(systemRandom.next() * most);
  return {
    gpus: ['0', '1'].map((name) => ({
      gpuId: stableId('gpu', name) as GpuId,
      readings: 1,
      usedBytes: some(24 * GiB),
      instanceBytes: some(24 * GiB),
      foreignBytes: some(GiB),
      reservedBytes: 0,
      freeBytes: some(24 * GiB),
    })),
    counts: {
      submitted: some(99),
      completed: some(99),
      failed: some(2),
      cancelled: some(2),
      loads: some(3),
      unloads: some(3),
      evictions: some(3),
      spills: 0,
      loadTimeMs: some(30_000),
      promptTokens: some(99_999),
      costMillionths: 0,
      completionTokens: some(9_999),
      truncatedPrompts: 0,
    },
    waiting: some(9_999),
    running: some(9),
    waits: Array.from({ length: 20 }, (_, one) => [80 + one, 1 + some(9)] as const),
    clients: busiest(
      Array.from({ length: CLIENTS }, (_, i) => ({
        client: `client-${i}`,
        busyMs: some(10_000),
        completed: some(99),
      })),
    ),
  };
}
