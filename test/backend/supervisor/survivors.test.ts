import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { readStat } from '../../../src/backend/supervisor/proc/stat.ts';
import { eventually } from '../../support/eventually.ts';
import { dataFolder, isAlive, livingIn, parentIn, recordsIn, spec, supervisorIn } from './support/house.ts';

let foreigners: ChildProcess[] = [];
afterEach(() => {
  for (const foreigner of foreigners) foreigner.kill('SIGKILL');
  foreigners = [];
});

async function foreigner(env: Record<string, string> = {}): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['600'], {
    env: { PATH: process.env.PATH, ...env },
    detached: true,
    stdio: 'ignore',
  });
  await new Promise((resolve) => child.once('spawn', resolve));
  foreigners.push(child);
  const pid = child.pid ?? 0;
  await eventually(() => readFileSync(`/proc/${pid}/environ`, 'utf8').includes('PATH='));
  return Object.assign(child, { pid });
}

function recordPath(folder: string, uuid: string): string {
  return join(folder, 'cells', `${uuid}.json`);
}

test('what a kill -9 leaves is found, adopted without a restart, watched, and ended', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'children=1', '');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  expect(livingIn(folder)).toHaveLength(3);

  const supervisor = supervisorIn(folder);
  const survivors = await supervisor.findSurvivors();
  expect(survivors.map((one) => one.record?.note)).toEqual(
    expect.arrayContaining([
      { program: 0, stage: 'serving' },
      { program: 1, stage: 'serving' },
    ]),
  );
  for (const one of survivors) {
    expect(one).toMatchObject({ environmentAsRecorded: true, programAsRecorded: true });
    const adopted = await supervisor.adopt(one);
    expect(adopted).toMatchObject({ state: 'READY', adopted: true, pid: one.leader?.pid, uuid: one.uuid });
    const environment = await (await fetch(`http://127.0.0.1:${adopted.port}/environment`)).json();
    expect(environment).toMatchObject({ VRAMKEEPER_CELL: one.uuid });
  }
  expect(await supervisor.findSurvivors()).toEqual([]);

  // It still writes to the same file, and its death is seen although it is not our child.
  const [first, second] = supervisor.processes;
  if (!first || !second) throw new Error('Two were adopted.');
  await first.setNote('changed');
  expect(JSON.parse(readFileSync(recordPath(folder, first.uuid), 'utf8')).note).toBe('changed');
  await fetch(`http://127.0.0.1:${first.port}/print/hello`);
  await first.output.waitFor(/^hello$/, new AbortController().signal);
  process.kill(first.pid, 'SIGKILL');
  expect(await first.gone).toMatchObject({ asked: false, code: null, signal: null });
  expect(await second.end()).toMatchObject({ asked: true });
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
});

test('survivors that are not wanted are ended with their children', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'children=2,stubborn-children', 'children=1,detached-children');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  const supervisor = supervisorIn(folder);
  await Promise.all((await supervisor.findSurvivors()).map((one) => supervisor.end(one)));
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
});

test('children whose first process is dead are survivors too: not to be adopted, but ended', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'children=2,stubborn-children');
  await parent.tells('ALL_READY');
  const cell = parent.told.find((one) => one.state === 'READY');
  await parent.kill('SIGKILL');
  process.kill(cell?.pid ?? 0, 'SIGKILL');
  await eventually(() => !isAlive(cell?.pid ?? 0));
  const supervisor = supervisorIn(folder);
  const [orphans] = await supervisor.findSurvivors();
  expect(orphans).toMatchObject({
    uuid: cell?.uuid,
    leader: null,
    pids: [expect.any(Number), expect.any(Number)],
  });
  if (!orphans) throw new Error('Orphans are survivors.');
  await expect(supervisor.adopt(orphans)).rejects.toMatchObject({ code: 'PROCESS_NOT_ADOPTABLE' });
  await supervisor.end(orphans);
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
});

test('a process that was not ready when we died is found and ended', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'silent');
  await parent.tells('STARTING');
  await parent.kill('SIGKILL');
  const supervisor = supervisorIn(folder);
  const [one] = await supervisor.findSurvivors();
  if (!one) throw new Error('It was started.');
  await expect(supervisor.adopt(one)).rejects.toThrow('it was not ready yet');
  await supervisor.end(one);
  expect(livingIn(folder)).toEqual([]);
});

test('a process whose record has no pid yet, or is lost or damaged, is found by its mark', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'children=1', '', '');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  const [intent = '', lost = '', damaged = ''] = parent.told
    .filter((one) => one.state === 'READY')
    .map((one) => one.uuid);
  const record = JSON.parse(readFileSync(recordPath(folder, intent), 'utf8'));
  writeFileSync(recordPath(folder, intent), JSON.stringify({ ...record, port: null, process: null }));
  rmSync(recordPath(folder, lost));
  writeFileSync(recordPath(folder, damaged), '{"version":1,');
  const supervisor = supervisorIn(folder);
  const survivors = await supervisor.findSurvivors();
  expect(survivors.map((one) => one.uuid).sort()).toEqual([intent, lost, damaged].sort());
  expect(survivors.find((one) => one.uuid === intent)?.leader?.pid).toBe(record.process.pid);
  await Promise.all(survivors.map((one) => supervisor.end(one)));
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
});

test('a process is gone when it is a zombie that nobody reaps', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, '');
  await parent.tells('ALL_READY');
  // Its parent lives but does nothing any more.
  parent.child.kill('SIGSTOP');
  const supervisor = supervisorIn(folder);
  const [one] = await supervisor.findSurvivors();
  if (!one?.leader) throw new Error('It was started.');
  const adopted = await supervisor.adopt(one);
  await adopted.end();
  expect(process.kill(one.leader.pid, 0)).toBe(true);
  expect(readStat(one.leader.pid)?.state).toBe('Z');
  expect(await supervisor.findSurvivors()).toEqual([]);
});

test('stopping with keep leaves what is ready to the next supervisor, and lets the server end', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, 'children=1', '');
  await parent.tells('ALL_READY');
  const ended = new Promise((resolve) => parent.child.once('exit', (code) => resolve(code)));
  parent.child.kill('SIGHUP');
  expect(await ended).toBe(0);
  expect(livingIn(folder)).toHaveLength(3);
  const supervisor = supervisorIn(folder);
  const adopted = await Promise.all((await supervisor.findSurvivors()).map((one) => supervisor.adopt(one)));
  expect(adopted.map((one) => one.state)).toEqual(['READY', 'READY']);
});

test('stopping with keep ends what is not ready', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const kept = await supervisor.start(spec());
  const pending = supervisor.start(spec(['silent'])).catch((error: unknown) => error);
  await supervisor.stop({ keep: true });
  expect(await pending).toMatchObject({ code: 'SUPERVISOR_STOPPED' });
  expect(livingIn(folder)).toEqual([kept.pid]);
  expect(recordsIn(folder)).toEqual([`${kept.uuid}.json`]);
  const next = supervisorIn(folder);
  await Promise.all((await next.findSurvivors()).map((one) => next.end(one)));
});

test('a foreign process with the pid of a record is not touched, whatever the record says', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, '');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  const [file = ''] = recordsIn(folder);
  const path = join(folder, 'cells', file);
  const record = JSON.parse(readFileSync(path, 'utf8'));
  process.kill(record.process.pid, 'SIGKILL');
  await eventually(() => !isAlive(record.process.pid));

  const reused = await foreigner();
  const marked = await foreigner({ VRAMKEEPER_CELL: record.uuid });
  const startTicks = readStat(reused.pid)?.startTicks ?? 0;
  const supervisor = supervisorIn(folder);
  // Same pid, another start time; then even the same start time, but no mark; then another boot.
  for (const known of [
    { ...record.process, pid: reused.pid },
    { ...record.process, pid: reused.pid, startTicks },
    { ...record.process, pid: reused.pid, startTicks, bootId: 'another boot' },
  ]) {
    writeFileSync(path, JSON.stringify({ ...record, process: known }));
    const found = await supervisor.findSurvivors();
    expect(found.flatMap((one) => one.pids)).not.toContain(reused.pid);
    for (const one of found) await supervisor.end(one);
    expect(isAlive(reused.pid)).toBe(true);
  }
  expect(isAlive(marked.pid)).toBe(false);
});

test('a record without any process is removed, and its foreign namesake stays', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const started = await supervisor.start(spec());
  const record = readFileSync(recordPath(folder, started.uuid), 'utf8');
  await started.end();
  const stranger = await foreigner();
  const known = { ...JSON.parse(record).process, pid: stranger.pid };
  writeFileSync(recordPath(folder, started.uuid), JSON.stringify({ ...JSON.parse(record), process: known }));
  expect(await supervisor.findSurvivors()).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
  expect(isAlive(stranger.pid)).toBe(true);
});

test('the cells of another data folder are not ours, though the marks look alike', async () => {
  const [ours, theirs] = [dataFolder(), dataFolder()];
  const other = supervisorIn(theirs);
  const running = await other.start(spec());
  const liar = await foreigner({ VRAMKEEPER_CELL: running.uuid, VRAMKEEPER_HOME: theirs });
  mkdirSync(join(ours, 'cells'));
  expect(await supervisorIn(ours).findSurvivors()).toEqual([]);
  expect(isAlive(running.pid) && isAlive(liar.pid)).toBe(true);
});

test('a survivor that listens no longer, or whose log is lost, is not adopted', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, '');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  const supervisor = supervisorIn(folder);
  const [one] = await supervisor.findSurvivors();
  if (!one?.record?.port) throw new Error('It was ready.');
  const elsewhere = { ...one, record: { ...one.record, port: 1 } };
  await expect(supervisor.adopt(elsewhere)).rejects.toThrow('it does not listen on port 1');
  await expect(supervisor.adopt({ ...one, record: null })).rejects.toThrow('its record is lost');
  const [first, second] = await Promise.allSettled([supervisor.adopt(one), supervisor.adopt(one)]);
  expect([first?.status, second?.status].sort()).toEqual(['fulfilled', 'rejected']);
  expect(supervisor.processes).toHaveLength(1);
});

test('a survivor with another environment or program than recorded is told', async () => {
  const folder = dataFolder();
  const parent = parentIn(folder, '');
  await parent.tells('ALL_READY');
  await parent.kill('SIGKILL');
  const [file = ''] = recordsIn(folder);
  const path = join(folder, 'cells', file);
  const record = JSON.parse(readFileSync(path, 'utf8'));
  const changed = {
    ...record,
    environmentDigest: 'another',
    process: { ...record.process, program: '/bin/sh' },
  };
  writeFileSync(path, JSON.stringify(changed));
  const supervisor = supervisorIn(folder);
  const [one] = await supervisor.findSurvivors();
  expect(one).toMatchObject({ environmentAsRecorded: false, programAsRecorded: false });
  if (one) await supervisor.end(one);
});

test('a process that may not be looked into is neither touched nor forgotten', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const started = await supervisor.start(spec());
  const record = JSON.parse(readFileSync(recordPath(folder, started.uuid), 'utf8'));
  await started.end();
  const known = { ...record.process, pid: 1, startTicks: readStat(1)?.startTicks };
  writeFileSync(recordPath(folder, started.uuid), JSON.stringify({ ...record, process: known }));
  // Whoever looks is nobody where this test may see everything.
  for (const path of [folder, join(folder, 'cells'), recordPath(folder, started.uuid)]) {
    if (process.getuid?.() === 0) chownSync(path, 65_534, 65_534);
  }
  const look = join(import.meta.dirname, 'support/unprivileged.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [look, folder]);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({
    survivors: 0,
    warnings: [expect.stringContaining('Process 1 is most likely test program of an earlier server')],
    files: expect.arrayContaining([`${started.uuid}.json`]),
  });
});

test('what a kill leaves of a record that was being written is removed', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const started = await supervisor.start(spec());
  writeFileSync(`${recordPath(folder, '00000000-0000-4000-8000-000000000000')}.new`, '{"ver');
  await supervisor.findSurvivors();
  expect(readdirSync(join(folder, 'cells')).sort()).toEqual([`${started.uuid}.json`, `${started.uuid}.log`]);
});

test('logs of ended processes are kept, but not all', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  await supervisor.findSurvivors();
  for (let number = 0; number < 40; number += 1) {
    const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    writeFileSync(join(folder, 'cells', `${uuid}.log`), `line of ${number}\n`);
  }
  await supervisor.findSurvivors();
  const kept = Array.from({ length: 40 }, (_, number) =>
    supervisor.tail(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, 5),
  ).filter((lines) => lines.length > 0);
  expect(kept).toHaveLength(16);
  expect(supervisor.tail('../../etc/passwd', 5)).toEqual([]);
});
