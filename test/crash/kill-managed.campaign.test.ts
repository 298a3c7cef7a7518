/** kill -9 of the whole server while its managed processes go on: what they hold is taken over, and nothing is left in the end. */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoadedNote, parseNote } from '../../src/backend/managed/note.ts';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { createVirtualHost, type VirtualHost } from '../../src/virtual-ollama/index.ts';
import { isAlive, livingOn } from '../backend/managed/support/rig.ts';
import { eventually } from '../support/eventually.ts';
import { randomMoment } from '../support/random-moment.ts';
import { ask } from '../virtual-ollama/client.ts';
import { Ledger, untilIdle } from './audit.ts';
import { ServerProcess } from './server-process.ts';

const KILLS = Number(process.env.KILLS ?? 25);
const SEED = Number(process.env.SEED ?? 20261121);
const MODELS = ['smollm:360m', 'qwen2.5:0.5b', 'tinyllama:1.1b', 'smollm:1.7b'];
/** Of the kills, so many take an engine along. */
const ENGINE_KILLS = 0.2;
/** Of the kills, so many wait until something is in memory. */
const KILLS_WITH_A_MODEL = 0.8;

let folder: string;
let host: VirtualHost;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-kill-'));
  // Too little for all of them, so that some kills come in the middle of a swap.
  host = createVirtualHost(join(folder, 'host'), { gpus: [{ totalBytes: 5 * GiB }] });
});
afterEach(async () => {
  host.killAll();
  await rm(folder, { recursive: true, force: true });
});

function backend(): string {
  const env = { ...host.env, VIRTUAL_SPEED: '20', VIRTUAL_TPS: '50' };
  return JSON.stringify({
    name: 'rig',
    type: 'ollama',
    managed: { binary: host.binary, models: host.models, parallel: 2, contextLength: 2048, env },
    gpus: [{ probe: 'nvidia' }],
  });
}

interface Found {
  readonly pid: number;
  readonly port: number;
  readonly note: LoadedNote;
}

/** The processes that are recorded as holding a model, and live with their engine. */
function healthyCells(): readonly Found[] {
  const managed = join(folder, 'data', 'managed');
  return readdirSync(managed)
    .map((name) => join(managed, name, 'cells'))
    .flatMap((cells) => readdirSync(cells).map((name) => join(cells, name)))
    .filter((path) => path.endsWith('.json'))
    .flatMap((path): Found[] => {
      const { note: told, process, port } = JSON.parse(readFileSync(path, 'utf8'));
      const note = parseNote(told);
      const healthy = note !== null && process !== null && isAlive(process.pid) && isAlive(note.engine.pid);
      return healthy ? [{ pid: process.pid, port, note }] : [];
    });
}

/**
 * A process that was told to end just before the kill does so. Whoever answers twice was told nothing: with the first answer
 * a signal that came before the question has been taken, and with it goes the engine.
 */
async function endingsAreOver(): Promise<void> {
  for (const { port } of healthyCells())
    for (let i = 0; i < 2; i += 1)
      await ask(`http://127.0.0.1:${port}`, '/api/version').catch(() => undefined);
}

/** The models that the log's newest start says it took over. */
async function takenOver(logBefore: number): Promise<string[]> {
  const text = (await readFile(join(folder, 'log'), 'utf8')).slice(logBefore);
  return [...text.matchAll(/(\S+) is still in memory from an earlier server and is taken over/g)]
    .map(([, model]) => model ?? '')
    .sort();
}

const logLength = () => readFile(join(folder, 'log'), 'utf8').then(({ length }) => length);

test(`nothing is lost, twice or left, and what is well is taken over, ${KILLS} times (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const ledger = new Ledger();
  let adoptions = 0;
  let server = await ServerProcess.start(folder, backend(), 'info');

  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = server;
    let alive = true;
    const submitter = async () => {
      while (alive) {
        await ledger.submit(running, MODELS[Math.floor(random.next() * MODELS.length)]);
        await randomMoment(random, 20, 60);
      }
    };
    const submitters = [submitter(), submitter()];
    // The others come at whatever moment of the start and the first loads.
    if (random.next() < KILLS_WITH_A_MODEL) await eventually(() => healthyCells().length > 0);
    await randomMoment(random, 50, 500);
    await ledger.noteFinished(running);
    await running.kill();
    alive = false;
    await Promise.all(submitters);

    await endingsAreOver();
    const [victim] = random.next() < ENGINE_KILLS ? healthyCells() : [];
    if (victim) {
      process.kill(victim.note.engine.pid, 'SIGKILL');
      await eventually(() => !isAlive(victim.note.engine.pid));
    }
    const healthy = healthyCells().map(({ note }) => note.modelName);
    const logBefore = await logLength();
    server = await ServerProcess.start(folder, backend(), 'info');
    expect(await takenOver(logBefore), `after kill ${kill + 1}`).toEqual(healthy.sort());
    adoptions += healthy.length;
  }

  await untilIdle(server);
  expect(await server.stop()).toBe(0);
  expect(livingOn(host)).toEqual([]);
  ledger.expectKept(join(folder, 'data'));
  expect(ledger.acknowledged).toBeGreaterThan(KILLS);
  expect(adoptions).toBeGreaterThan(KILLS / 2);
});
