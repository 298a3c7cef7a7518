/** How many jobs a second the store takes, hands out and ends durably, and what gathering them in commits is worth. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { type InstanceId, newId } from '../../src/domain/ids.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import type { Claim, NewJob, Store, Submission } from '../../src/domain/store.ts';
import { createSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';

export const QUEUE = queueKey({ model: 'llama3:8b', contextLength: null });

export function benchJob(client: string): NewJob {
  return {
    id: newId('job', systemClock, systemRandom),
    client,
    kind: 'GENERATE',
    modelName: 'llama3:8b',
    queue: QUEUE,
    priority: 'NORMAL',
    labels: [],
    metadata: null,
    live: false,
    deadline: null,
    maxAttempts: 3,
    request: { kind: 'GENERATE', prompt: 'Summarise the following paragraph in one sentence.' },
  };
}

export function submissionOf(jobs: readonly NewJob[]): Submission {
  return { jobs, batch: null, blobs: new Map(), idempotency: null, queueLimit: 10_000_000 };
}

export function claimOf(client: string): Claim {
  return {
    picks: [{ queue: QUEUE, priority: 'NORMAL', client, count: 1 }],
    as: 'RUNNING',
    backend: 'box',
    instanceId: 'ins_bench' as InstanceId,
  };
}

/** One life: submit, claim, finish, each answered after it is on disk. */
export async function live(store: Store, client: string): Promise<void> {
  await store.submit(submissionOf([benchJob(client)]));
  const claimed = await store.claim(claimOf(client));
  for (const { job } of claimed) {
    const ended = await store.finish({
      id: job.id,
      fence: job.fence,
      kind: 'complete',
      output: [{ attempt: 1, channel: 'TEXT', text: 'It says that all is well.' }],
      result: {
        kind: 'text',
        doneReason: 'STOP',
        toolCalls: null,
        usage: { promptTokens: 12, outputTokens: 7 } as never,
        raw: { done: true },
      },
    });
    if (!ended) throw new Error('A result was refused.');
  }
}

interface Rate {
  readonly livesPerSecond: number;
  readonly commitsPerLife: number;
  /** Of all threads. */
  readonly cpuMicrosecondsPerLife: number;
}

async function measure(callers: number, lives: number, groupLimit?: number): Promise<Rate> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const store = createSqliteStore({
    dataDir,
    serverId: newId('srv', systemClock, systemRandom),
    clock: systemClock,
    ...(groupLimit === undefined ? {} : { groupLimit }),
  });
  try {
    await store.start();
    let commits = 0;
    store.onCommit(() => {
      commits += 1;
    });
    const run = async (count: number) => {
      let left = count;
      const caller = async (name: string) => {
        while (left > 0) {
          left -= 1;
          await live(store, name);
        }
      };
      await Promise.all(Array.from({ length: callers }, (_, i) => caller(`client-${i % 8}`)));
    };
    await run(Math.ceil(lives / 5));
    commits = 0;
    const cpu = process.cpuUsage();
    const start = systemClock.monotonic();
    await run(lives);
    const seconds = (systemClock.monotonic() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      livesPerSecond: lives / seconds,
      commitsPerLife: commits / lives,
      cpuMicrosecondsPerLife: (user + system) / lives,
    };
  } finally {
    await store.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Milliseconds that the disk takes to make an append durable: the floor of every commit. */
async function syncMs(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const file = openSync(join(directory, 'sync'), 'w');
  try {
    const page = new Uint8Array(16_384).fill(7);
    const rounds = 200;
    const start = systemClock.monotonic();
    for (let i = 0; i < rounds; i += 1) {
      writeSync(file, page);
      fdatasyncSync(file);
    }
    return (systemClock.monotonic() - start) / rounds;
  } finally {
    closeSync(file);
    await rm(directory, { recursive: true, force: true });
  }
}

export interface LivesOptions {
  readonly lives?: number;
  readonly callers?: number;
}

export async function run(
  print: (line: string) => void,
  { lives = 40_000, callers = 64 }: LivesOptions = {},
): Promise<void> {
  print(`durable append of 16 KiB to this disk: ${(await syncMs()).toFixed(3)} ms`);
  const single = await measure(callers, Math.ceil(lives / 10), 1);
  print(`one commit per operation, ${callers} callers: ${describe(single)}`);
  const grouped = await measure(callers, lives);
  print(`group commit, ${callers} callers: ${describe(grouped)}`);
  print(`group commit is worth ${(grouped.livesPerSecond / single.livesPerSecond).toFixed(1)} times`);
}

function describe({ livesPerSecond, commitsPerLife, cpuMicrosecondsPerLife }: Rate): string {
  const cpu = `${Math.round(cpuMicrosecondsPerLife)} µs of CPU per life`;
  return `${Math.round(livesPerSecond)} lives/s, ${commitsPerLife.toFixed(3)} commits per life, ${cpu}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [lives, callers] = process.argv.slice(2).map(Number);
  await run(console.log, { ...(lives ? { lives } : {}), ...(callers ? { callers } : {}) });
}
