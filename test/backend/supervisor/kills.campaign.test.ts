/** Kills the server again and again, at moments of chance, and looks what becomes of its processes. */

import { mkdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Random, seededRandom, systemClock } from '../../../src/clock.ts';
import { randomMoment } from '../../support/random-moment.ts';
import {
  dataFolder,
  isAlive,
  livingIn,
  type Parent,
  parentIn,
  recordsIn,
  supervisorIn,
} from './support/house.ts';

const KILLS = Number(process.env.KILLS ?? 50);
const PROGRAMS = ['', 'children=1', 'children=2,stubborn-children', 'children=1,detached-children'];

test(`${KILLS} kills -9: what was ready is taken over each time, everything else is ended, nothing is left`, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const folder = dataFolder();
  mkdirSync(join(folder, 'cells'));
  /** Pid of each program that was ready when the server was killed. */
  const ready = new Map<number, number>();
  const seen = { adopted: 0, started: 0, notReady: 0, orphaned: 0 };
  const longestRunMs = 1.5 * (await startMs(...PROGRAMS));

  for (let kill = 0; kill < KILLS; kill += 1) {
    const parent = parentIn(folder, ...PROGRAMS);
    await momentToKill(parent, folder, random, longestRunMs);
    await parent.kill('SIGKILL');
    for (const { state, program, pid, adopted } of parent.told) {
      if (state === 'STARTING') seen.notReady += 1;
      if (state !== 'READY') continue;
      if (adopted) {
        seen.adopted += 1;
        expect(pid, `program ${program} is the same process as before`).toBe(ready.get(program));
      } else {
        seen.started += 1;
        seen.notReady -= 1;
        expect(ready.get(program), `program ${program} was started though it ran`).toBeUndefined();
        ready.set(program, pid);
      }
    }
    // One may have become ready in the moment before the kill, recorded and not told any more.
    for (const [program, pid] of recordedAsReady(folder)) {
      if (ready.has(program)) expect(pid).toBe(ready.get(program));
      ready.set(program, pid);
    }
    expect([...ready.values()].filter((pid) => !isAlive(pid))).toEqual([]);
    // Some programs lose their first process as well, and leave their children.
    for (const [program, pid] of ready) {
      if (random.next() >= 0.4) continue;
      seen.orphaned += 1;
      ready.delete(program);
      process.kill(pid, 'SIGKILL');
    }
  }

  const supervisor = supervisorIn(folder);
  const survivors = await supervisor.findSurvivors();
  const leaders = survivors.flatMap((one) => (one.record?.port ? (one.leader?.pid ?? []) : []));
  expect(leaders.sort()).toEqual([...ready.values()].sort());
  await Promise.all(survivors.map((one) => supervisor.end(one)));
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
  console.log(`${KILLS} kills: ${JSON.stringify(seen)}`);
  expect(seen.adopted).toBeGreaterThan(0);
  expect(seen.notReady).toBeGreaterThan(0);
});

/** Program and pid of every record of a process that was ready and lives. */
function recordedAsReady(folder: string): [program: number, pid: number][] {
  return recordsIn(folder).flatMap((name) => {
    const { port, note, process } = JSON.parse(readFileSync(join(folder, 'cells', name), 'utf8'));
    return port !== null && isAlive(process.pid) ? [[note.program, process.pid]] : [];
  });
}

/** How long this machine takes to start everything, now. */
async function startMs(...programs: string[]): Promise<number> {
  const folder = dataFolder();
  mkdirSync(join(folder, 'cells'));
  const since = systemClock.monotonic();
  const parent = parentIn(folder, ...programs);
  await parent.tells('ALL_READY');
  const took = systemClock.monotonic() - since;
  await parent.kill('SIGKILL');
  const supervisor = supervisorIn(folder);
  for (const survivor of await supervisor.findSurvivors()) await supervisor.end(survivor);
  return took;
}

/** Half of the kills come at any time, half right after a change in the folder of the records: between a start and its record, say. */
async function momentToKill(
  parent: Parent,
  folder: string,
  random: Random,
  longestRunMs: number,
): Promise<void> {
  const chance = random.next();
  if (chance < 0.5) return randomMoment(random, 0, longestRunMs);
  const cells = join(folder, 'cells');
  let changesLeft = 1 + Math.floor((chance - 0.5) * 120);
  const watcher = watch(cells);
  const changed = new Promise<void>((resolve) => {
    watcher.on('change', () => {
      changesLeft -= 1;
      if (changesLeft === 0) resolve();
    });
  });
  await Promise.race([changed, parent.tells('ALL_READY')]);
  watcher.close();
}
