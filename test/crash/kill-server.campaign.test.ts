import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { randomMoment } from '../support/random-moment.ts';
import { Ledger, untilIdle } from './audit.ts';
import { ServerProcess } from './server-process.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const SEED = Number(process.env.SEED ?? 20261121);
const MODELS = ['smollm:360m', 'qwen2.5:0.5b', 'tinyllama:1.1b', 'smollm:1.7b'];

describe('kill -9 of the server', () => {
  it(`loses no acknowledged job and records no result twice, ${KILLS} times (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-kill-'));
    await using ollama = await runVirtualOllama({
      gpus: [{ totalBytes: 6 * GiB }],
      numParallel: 2,
      speed: 50,
      tokensPerSecond: 50,
    });
    const backend = `{ name: ollama, type: ollama, url: '${ollama.url}', parallel: 2 }`;
    const ledger = new Ledger();

    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = await ServerProcess.start(folder, backend);
      let alive = true;
      const submitter = async () => {
        while (alive) {
          await ledger.submit(server, MODELS[Math.floor(random.next() * MODELS.length)]);
          await randomMoment(random, 10, 30);
        }
      };
      const submitters = [submitter(), submitter(), submitter()];
      await randomMoment(random, 100, 1_000);
      await ledger.noteFinished(server);
      await server.kill();
      alive = false;
      await Promise.all(submitters);
    }

    const last = await ServerProcess.start(folder, backend);
    await untilIdle(last);
    expect(await last.stop()).toBe(0);
    await ollama.stop();
    ledger.expectKept(join(folder, 'data'));
    expect(ledger.acknowledged).toBeGreaterThan(KILLS);
    await rm(folder, { recursive: true, force: true });
  });
});
