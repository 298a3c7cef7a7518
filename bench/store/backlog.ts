/** What a long backlog costs: memory, the time of a claim, and the time to start. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { type InstanceId, newId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { benchJob, QUEUE } from './lives.ts';

const CLIENTS = 8;

function open(dataDir: string): Store {
  return createSqliteStore({
    dataDir,
    serverId: newId('srv', systemClock, systemRandom),
    clock: systemClock,
  });
}

async function fill(store: Store, jobs: number): Promise<void> {
  for (let made = 0; made < jobs; made += 1_000) {
    await store.submit({
      jobs: Array.from({ length: Math.min(1_000, jobs - made) }, (_, i) => benchJob(`client-${i % CLIENTS}`)),
      batch: null,
      blobs: new Map(),
      idempotency: null,
      queueLimit: 100_000_000,
    });
  }
}

/** Median milliseconds from asking for a job to having it durably. Each claimed job is put back, so the backlog keeps its length. */
async function claimMs(store: Store, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = systemClock.monotonic();
    const claimed = await store.claim({
      picks: [{ queue: QUEUE, priority: 'NORMAL', client: `client-${round % CLIENTS}`, count: 1 }],
      as: 'RUNNING',
      backend: 'box',
      instanceId: 'ins_bench' as InstanceId,
    });
    times.push(systemClock.monotonic() - start);
    await store.returnToQueue(
      claimed.map(({ job }) => ({ id: job.id, fence: job.fence, attempt: null, counts: false, delayMs: 0 })),
    );
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const start = systemClock.monotonic();
  const result = await work();
  return [result, systemClock.monotonic() - start];
}

export interface BacklogOptions {
  readonly jobs?: number;
  readonly fewJobs?: number;
  readonly rounds?: number;
}

export async function run(
  print: (line: string) => void,
  { jobs = 1_000_000, fewJobs = 1_000, rounds = 400 }: BacklogOptions = {},
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const [few, many] = [open(join(directory, 'few')), open(join(directory, 'many'))];
  let again: Store | undefined;
  try {
    await few.start();
    await many.start();
    await fill(few, fewJobs);
    await claimMs(few, 20);
    const before = process.memoryUsage.rss();
    const [, fillMs] = await timed(() => fill(many, jobs));
    const grown = process.memoryUsage.rss() - before;
    const file = (await stat(join(directory, 'many', 'vramkeeper.db'))).size;
    print(`${jobs} jobs submitted by thousands at ${Math.round((jobs / fillMs) * 1000)} jobs/s`);
    print(
      `memory for a backlog of ${jobs}: ${(grown / 2 ** 20).toFixed(0)} MiB more, ${(grown / jobs).toFixed(0)} bytes per job; ` +
        `on disk ${(file / jobs).toFixed(0)} bytes per job`,
    );
    // In turns, so that a noisy minute of the machine falls on both.
    const pairs: [number, number][] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      pairs.push([await claimMs(few, rounds / 5), await claimMs(many, rounds / 5)]);
    }
    const median = (values: readonly number[]) =>
      values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
    const [short, long] = [median(pairs.map(([ms]) => ms)), median(pairs.map(([, ms]) => ms))];
    print(
      `claim: ${short.toFixed(3)} ms among ${fewJobs}, ${long.toFixed(3)} ms among ${jobs}: ` +
        `${(long / short).toFixed(2)} times`,
    );
    const order = { field: 'PRIORITY', direction: 'DESC' } as const;
    const [page, pageMs] = await timed(() => many.list({ filter: {}, order, limit: 100 }));
    print(`first page of 100 among ${jobs}: ${pageMs.toFixed(1)} ms`);
    const ids = page.jobs.map(({ id }) => id);
    const [, placesMs] = await timed(() => many.queuePositions(ids));
    print(`places of those 100 in the queue: ${placesMs.toFixed(1)} ms`);
    await many.stop();
    again = open(join(directory, 'many'));
    const [, startMs] = await timed(() => again?.start() ?? Promise.resolve());
    print(`start with ${jobs} jobs, files checked and recounted: ${startMs.toFixed(0)} ms`);
  } finally {
    await Promise.all([few, many, again].map((store) => store?.stop()));
    await rm(directory, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [jobs, fewJobs, rounds] = process.argv.slice(2).map(Number);
  await run(console.log, {
    ...(jobs ? { jobs } : {}),
    ...(fewJobs ? { fewJobs } : {}),
    ...(rounds ? { rounds } : {}),
  });
}
