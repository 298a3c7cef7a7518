/** A server is killed again and again while it takes a batch in: the next one goes on where the last one was, and no request runs as two jobs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { expect, it } from 'vitest';
import { systemRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { ServerProcess } from './server-process.ts';

const LINES = 2_300;
const KILLS = 3;
const MODEL = 'all-minilm:latest';

function clientOf(server: ServerProcess): OpenAI {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
}

it(`A batch of ${LINES} requests survives ${KILLS} kills of the server with every answer once`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-batches-'));
  await using ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 6 * GiB }],
    numParallel: 8,
    speed: 1_000,
  });
  const backend = JSON.stringify({ name: 'box', url: ollama.url, parallel: 8, gpus: [{ probe: 'virtual' }] });
  try {
    const lines = Array.from({ length: LINES }, (_, i) =>
      JSON.stringify({
        custom_id: `r${i}`,
        method: 'POST',
        url: '/v1/embeddings',
        body: { model: MODEL, input: `text ${i}` },
      }),
    );
    let server = await ServerProcess.start(folder, backend);
    await eventually(async () => (await fetch(`${server.url}/v1/models`)).ok);
    const file = await toFile(Buffer.from(lines.join('\n')), 'r.jsonl');
    const { id: input } = await clientOf(server).files.create({ file, purpose: 'batch' });
    const { id } = await clientOf(server).batches.create({
      input_file_id: input,
      endpoint: '/v1/embeddings',
      completion_window: '24h',
    });
    let seen = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      // At a moment of its own in each life: while lines are looked at, between pieces, while jobs run.
      const enough = seen + Math.floor(systemRandom.next() * 300);
      await eventually(
        () => clientOf(server).batches.retrieve(id),
        ({ request_counts: counts }) => kill === 0 || (counts?.completed ?? 0) >= Math.min(enough, LINES),
      );
      await server.kill();
      server = await ServerProcess.start(folder, backend);
      seen = (await clientOf(server).batches.retrieve(id)).request_counts?.completed ?? 0;
    }
    const client = clientOf(server);
    // As long as it goes on it may take its time.
    for (let completed = seen; completed < LINES; ) {
      const before = completed;
      const { request_counts: counts } = await eventually(
        () => client.batches.retrieve(id),
        ({ request_counts: now }) => (now?.completed ?? 0) > before,
      );
      completed = counts?.completed ?? 0;
    }
    const done = await eventually(
      () => client.batches.retrieve(id),
      ({ status }) => status === 'completed',
    );
    expect(done.request_counts).toEqual({ total: LINES, completed: LINES, failed: 0 });
    const text = await (await client.files.content(done.output_file_id ?? '')).text();
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
    expect(ids).toEqual(Array.from({ length: LINES }, (_, i) => `r${i}`));
    const { jobs } = await server.query('{ jobs(first: 1) { totalCount } }');
    expect(jobs.totalCount).toBe(LINES);
    await server.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
