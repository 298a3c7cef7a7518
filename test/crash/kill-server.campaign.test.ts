import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { ServerProcess } from './server-process.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? 20261121);
const MODELS = ['smollm:360m', 'qwen2.5:0.5b', 'tinyllama:1.1b', 'smollm:1.7b'];

const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id } } } }`;

describe('kill -9 of the server', () => {
  it(`loses no acknowledged job and records no result twice, ${KILLS} times (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-kill-'));
    const ollama = await runVirtualOllama({
      gpus: [{ totalBytes: 6 * GiB }],
      numParallel: 2,
      speed: 50,
      tokensPerSecond: 50,
    });
    const acknowledged = new Set<string>();
    const finishedBeforeKill = new Map<string, string>();

    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = await ServerProcess.start(folder, ollama.url);
      let alive = true;
      const submitter = async () => {
        while (alive) {
          const model = MODELS[Math.floor(random.next() * MODELS.length)];
          const input = { model, request: { generate: { prompt: 'x', options: { maxTokens: 20 } } } };
          const id = (await server.query(SUBMIT, { input }))?.submitJob?.job?.id;
          if (id) acknowledged.add(id);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const submitters = [submitter(), submitter(), submitter()];
      await new Promise((resolve) => setTimeout(resolve, 100 + random.next() * 900));
      const done = await server.query(
        '{ jobs(last: 100, filter: { statuses: [COMPLETE] }) { nodes { id finishedAt } } }',
      );
      for (const job of done?.jobs?.nodes ?? []) finishedBeforeKill.set(job.id, job.finishedAt);
      await server.kill();
      alive = false;
      await Promise.all(submitters);
    }

    const last = await ServerProcess.start(folder, ollama.url);
    for (;;) {
      const { stats } = await last.query('{ stats { counts { pending queued running } } }');
      if (stats.counts.pending + stats.counts.queued + stats.counts.running === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await last.stop()).toBe(0);
    await ollama.stop();

    const db = new DatabaseSync(join(folder, 'data', 'vramkeeper.db'), { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    const rows = db.prepare('SELECT id, status, finished_at AS finishedAt FROM jobs').all() as {
      id: string;
      status: string;
      finishedAt: number;
    }[];
    const byId = new Map(rows.map((row) => [row.id, row]));
    const lost = [...acknowledged].filter((id) => byId.get(id)?.status !== 'COMPLETE');
    expect(lost).toEqual([]);
    // A result that was there before a kill is the one that is there now.
    for (const [id, finishedAt] of finishedBeforeKill) {
      expect(new Date(byId.get(id)?.finishedAt ?? 0).toISOString()).toBe(finishedAt);
    }
    const results = db.prepare('SELECT count(*) AS results FROM results').get() as { results: number };
    expect(results.results).toBe(rows.filter((row) => row.status === 'COMPLETE').length);
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    db.close();
    await rm(folder, { recursive: true, force: true });
  });
});
