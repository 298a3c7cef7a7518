/** The disk fails under a server that has work: it says so, keeps what it had acknowledged, and goes on as soon as the disk does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { Ledger, untilIdle } from './audit.ts';
import { type DiskFault, FaultyDisk } from './faulty-disk.ts';
import { ServerProcess } from './server-process.ts';

const POINTS = Number(process.env.POINTS ?? 100);
/** How long each synchronisation of a slow disk takes. */
const SLOW_MS = Number(process.env.SLOW_MS ?? 300);
const SEED = Number(process.env.SEED ?? 20261201);
const MODELS = ['smollm:360m', 'qwen2.5:0.5b'];
const FAULTS: readonly DiskFault[] = [
  'FULL',
  'READ_ONLY',
  'BAD_WRITE',
  'BAD_SYNC',
  'TORN_WRITE',
  'SLOW_SYNC',
];
const HEALTH = '{ health { problems { code message } } }';

async function rig() {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-disk-'));
  const disk = await FaultyDisk.make(folder);
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: 6 * GiB }],
    numParallel: 2,
    speed: 50,
    tokensPerSecond: 200,
  });
  const start = (environment: Readonly<Record<string, string>>) =>
    ServerProcess.start(
      folder,
      `{ name: ollama, type: ollama, url: '${ollama.url}', parallel: 2 }`,
      'warn',
      environment,
    );
  return {
    folder,
    disk,
    start,
    async [Symbol.asyncDispose]() {
      await ollama.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves with whether the server keeps all of `ledger` when it is started on a sound disk, and has worked it off. */
async function audit({ folder, start }: Awaited<ReturnType<typeof rig>>, ledger: Ledger): Promise<void> {
  const last = await start({});
  await untilIdle(last);
  expect(await last.stop()).toBe(0);
  ledger.expectKept(join(folder, 'data'));
}

it(`a disk that fails at ${POINTS} points loses nothing that was acknowledged (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random.next() * list.length)] as T;
  await using world = await rig();
  const { disk } = world;
  const server = await world.start(disk.environment);
  const ledger = new Ledger();
  let refused = 0;

  for (let point = 0; point < POINTS; point += 1) {
    const fault = FAULTS[point % FAULTS.length] as DiskFault;
    const told = `point ${point}, ${fault}`;
    await disk.set(fault, { pass: Math.floor(random.next() * 12), delayMs: SLOW_MS });
    while ((await disk.hits()) === 0) {
      const before = ledger.acknowledged;
      const answers = await Promise.all(
        Array.from({ length: 1 + Math.floor(random.next() * 4) }, () => ledger.submit(server, pick(MODELS))),
      );
      const refusals = answers.filter((answer) => answer !== null);
      refused += refusals.length;
      expect(ledger.acknowledged - before + refusals.length, told).toBe(answers.length);
      for (const refusal of refusals) {
        // With what a person can do about it.
        expect(refusal, told).toMatchObject({
          code: 'STORE_UNWRITABLE',
          message: expect.stringMatching(/free some space|check /i),
        });
      }
    }
    // What is read does not wait for the disk.
    expect(await server.query('{ stats { paused } }'), told).toEqual({ stats: { paused: false } });
    await disk.set('FINE');
    const before = ledger.acknowledged;
    await eventually(
      () => ledger.submit(server, pick(MODELS)),
      () => ledger.acknowledged > before,
    );
    if (point % 10 === 9) await ledger.noteFinished(server);
  }

  expect(refused).toBeGreaterThan(POINTS / 10);
  await untilIdle(server);
  await eventually(
    () => server.query(HEALTH),
    ({ health }) => health.problems.length === 0,
  );
  expect(await server.stop()).toBe(0);
  await audit(world, ledger);
  expect(ledger.acknowledged).toBeGreaterThan(POINTS);
});

it('and that audit finds what a disk lost that said it had kept it', async () => {
  await using world = await rig();
  const server = await world.start(world.disk.environment);
  const ledger = new Ledger();
  await ledger.submit(server, MODELS[0]);
  await untilIdle(server);
  await world.disk.set('LYING');
  await ledger.submit(server, MODELS[0]);
  expect(ledger.acknowledged).toBe(2);
  await server.kill();
  await expect(audit(world, ledger)).rejects.toThrow();
});
