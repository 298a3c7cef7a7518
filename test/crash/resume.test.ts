/** A reader that comes back with its cursor after the server was killed, over the real store and the real protocol. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { ServerProcess } from './server-process.ts';

const JOBS = 300;
const KILLS = 3;

interface JobEvent {
  readonly type: string;
  readonly cursor: string;
  readonly job: { readonly id: string; readonly status: string };
}

/** What one reader knows of jobs, over all of its connections. */
class Reader {
  readonly known = new Map<string, string>();
  readonly typesSinceFirst = new Set<string>();
  readonly #filter: object;
  #cursor: string | null = null;

  constructor(filter: object = {}) {
    this.#filter = filter;
  }

  /** Follows one life of the server until `enough`, which is asked after every event, or until the server is gone. */
  async follow(server: ServerProcess, enough: () => boolean): Promise<void> {
    const client = createClient({
      url: `${server.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    const resumed = this.#cursor !== null;
    const events = client.iterate<{ jobUpdated: JobEvent }>({
      query: `subscription ($filter: JobFilter, $after: EventCursor) {
        jobUpdated(filter: $filter, after: $after) { type cursor job { id status } }
      }`,
      variables: { filter: this.#filter, after: this.#cursor },
    });
    try {
      while (!enough()) {
        const { value, done } = await events.next();
        if (done) break;
        const event = value.data?.jobUpdated;
        if (!event) throw new Error(JSON.stringify(value.errors));
        this.#cursor = event.cursor;
        this.known.set(event.job.id, event.job.status);
        if (resumed) this.typesSinceFirst.add(event.type);
      }
    } catch (error) {
      // The kill: a close event, and no message of the protocol.
      if (!(error instanceof Object && 'code' in error)) throw error;
    } finally {
      await events.return?.();
      await client.dispose();
    }
  }

  count(status: string): number {
    return [...this.known.values()].filter((one) => one === status).length;
  }
}

async function submit(server: ServerProcess, count: number): Promise<void> {
  const job = { model: 'smollm:360m', request: { generate: { prompt: 'Why?', options: { maxTokens: 1 } } } };
  await server.query(
    'mutation ($jobs: [SubmitJobInput!]!) { submitBatch(input: { jobs: $jobs }) { __typename } }',
    { jobs: Array.from({ length: count }, () => job) },
  );
}

it(`tells a reader each of ${JOBS} ends through ${KILLS} kills of the server, without another snapshot`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-resume-'));
  await using ollama = await runVirtualOllama({ gpus: [{ totalBytes: 6 * GiB }], numParallel: 4, speed: 50 });
  const backend = `{ name: ollama, type: ollama, url: '${ollama.url}', parallel: 4 }`;
  const all = new Reader();
  const waiting = new Reader({ statuses: ['PENDING'] });

  let server = await ServerProcess.start(folder, backend);
  await server.query('mutation { pauseScheduler { __typename } }');
  await submit(server, 1);
  for (const reader of [all, waiting]) await reader.follow(server, () => reader.known.size === 1);
  await submit(server, JOBS - 1);
  for (const reader of [all, waiting]) await reader.follow(server, () => reader.known.size === JOBS);
  await server.query('mutation { resumeScheduler { __typename } }');
  for (let kill = 1; kill <= KILLS; kill += 1) {
    // The reader leaves first, so that more happens than it is told.
    await all.follow(server, () => all.count('COMPLETE') >= (kill * JOBS) / (KILLS + 2));
    await server.kill();
    server = await ServerProcess.start(folder, backend);
  }
  await all.follow(server, () => all.count('COMPLETE') === JOBS);
  await waiting.follow(server, () => waiting.count('PENDING') === 0);

  expect(all.count('COMPLETE')).toBe(JOBS);
  expect([...all.typesSinceFirst]).toEqual(['CHANGED']);
  expect(await server.stop()).toBe(0);
  await ollama.stop();
  await rm(folder, { recursive: true, force: true });
});
