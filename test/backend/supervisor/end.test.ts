import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ProcessState } from '../../../src/backend/supervisor/index.ts';
import { eventually } from '../../support/eventually.ts';
import { dataFolder, isAlive, livingIn, PROGRAM, recordsIn, spec, supervisorIn } from './support/house.ts';

test('ending takes the program and its children, removes the record and keeps the log', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  const states: ProcessState[] = [];
  supervisor.onChange((process) => states.push(process.state));
  const started = await supervisor.start(spec(['children=2']));
  expect(livingIn(folder)).toHaveLength(3);
  const exit = await started.end();
  expect(livingIn(folder)).toEqual([]);
  expect(exit).toMatchObject({ asked: true, signal: 'SIGTERM', why: 'It was told to end.' });
  expect(states).toEqual(['STARTING', 'READY', 'STOPPING', 'SWEEPING', 'EXITED']);
  expect(recordsIn(folder)).toEqual([]);
  expect(supervisor.processes).toEqual([]);
  expect(supervisor.tail(started.uuid, 10).join()).toContain(
    `Listening on 127.0.0.1:${started.port} (ready)`,
  );
});

test('a program that ignores SIGTERM is killed after its grace', async () => {
  const folder = dataFolder();
  const started = await supervisorIn(folder).start(spec(['ignore-term'], { graceMs: 200 }));
  const exit = await started.end();
  expect(exit).toMatchObject({ asked: true, signal: 'SIGKILL' });
  expect(exit.lastLines.at(-1)).toBe('SIGTERM ignored');
});

test('a program is told to end once, also when some of its children are only found by a long look', async () => {
  const flags = ['ignore-term', 'children=1', 'detached-children'];
  const started = await supervisorIn(dataFolder()).start(spec(flags, { graceMs: 200 }));
  const children = childrenIn(started.output.tail(20));
  const { lastLines } = await started.end();
  expect(lastLines.filter((line) => line === 'SIGTERM ignored')).toHaveLength(1);
  expect(children.filter(isAlive)).toEqual([]);
});

test('a stopped program is killed as well', async () => {
  const started = await supervisorIn(dataFolder()).start(spec([], { graceMs: 200 }));
  process.kill(started.pid, 'SIGSTOP');
  expect(await started.end()).toMatchObject({ signal: 'SIGKILL' });
});

test.each([
  { which: 'that ignore SIGTERM', flags: ['stubborn-children'] },
  { which: 'in groups and sessions of their own', flags: ['detached-children'] },
  { which: 'without the mark in their environment', flags: ['unmarked-children', 'stubborn-children'] },
])('children $which do not outlive it', async ({ flags }) => {
  const started = await supervisorIn(dataFolder()).start(spec(['children=2', ...flags]));
  const children = childrenIn(started.output.tail(20));
  expect(children.filter(isAlive)).toHaveLength(2);
  await started.end();
  expect(children.filter(isAlive)).toEqual([]);
});

test.each([
  { which: 'that ignore SIGTERM', flags: ['stubborn-children'] },
  { which: 'in sessions of their own', flags: ['detached-children'] },
])(
  'when the program is killed, its children $which are ended, and its end is told first',
  async ({ flags }) => {
    const folder = dataFolder();
    const started = await supervisorIn(folder).start(spec(['children=2', ...flags]));
    const children = childrenIn(started.output.tail(20));
    process.kill(started.pid, 'SIGKILL');
    const exit = await started.died;
    expect(started.state).toBe('SWEEPING');
    expect(exit).toMatchObject({ asked: false, signal: 'SIGKILL', code: null });
    expect(exit.why).toContain('for want of memory');
    expect(await started.gone).toBe(exit);
    expect(children.filter(isAlive)).toEqual([]);
    expect(await started.end()).toBe(exit);
    expect(started.state).toBe('EXITED');
    expect(recordsIn(folder)).toEqual([]);
  },
);

test('a child without the mark that nobody has seen yet is ended after a death that was not asked for', async () => {
  const started = await supervisorIn(dataFolder()).start(spec(['unmarked-children']));
  await fetch(`http://127.0.0.1:${started.port}/child`);
  await eventually(() => childrenIn(started.output.tail(20)).length > 0);
  const [child = 0] = childrenIn(started.output.tail(20));
  expect(isAlive(child)).toBe(true);
  process.kill(started.pid, 'SIGKILL');
  await started.gone;
  expect(isAlive(child)).toBe(false);
});

test('a zombie in the group does not keep it', async () => {
  const script = `sleep 0 & exec ${process.execPath} ${PROGRAM}`;
  const started = await supervisorIn(dataFolder()).start(
    spec([], { command: '/bin/sh', args: ['-c', script], env: { PATH: process.env.PATH ?? '' } }),
  );
  const children = () =>
    readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, 'utf8').trim().split(' ').map(Number);
  await eventually(() => children().some((pid) => !isAlive(pid)));
  expect(started.memberPids()).toEqual([started.pid]);
  await expect(started.end()).resolves.toMatchObject({ asked: true });
});

test('a program that ends by itself says with what', async () => {
  const started = await supervisorIn(dataFolder()).start(spec());
  await fetch(`http://127.0.0.1:${started.port}/exit`).catch(() => {});
  expect(await started.gone).toMatchObject({
    code: 3,
    signal: null,
    asked: false,
    why: 'It failed (exit code 3).',
  });
});

test('ending twice, and ending what is dead, gives the same exit', async () => {
  const started = await supervisorIn(dataFolder()).start(spec());
  const [one, two] = await Promise.all([started.end(), started.end()]);
  expect(one).toBe(two);
  expect(await started.end()).toBe(one);
});

test('stopping ends all at once, also what is only starting, and nothing starts afterwards', async () => {
  const folder = dataFolder();
  const supervisor = supervisorIn(folder);
  await Promise.all([
    supervisor.start(spec(['children=1'])),
    supervisor.start(spec(['ignore-term'], { graceMs: 100 })),
  ]);
  const pending = supervisor.start(spec(['silent'])).catch((error: unknown) => error);
  await Promise.all([supervisor.stop(), supervisor.stop()]);
  expect(await pending).toMatchObject({ code: 'SUPERVISOR_STOPPED' });
  expect(livingIn(folder)).toEqual([]);
  expect(recordsIn(folder)).toEqual([]);
  await expect(supervisor.start(spec())).rejects.toMatchObject({ code: 'SUPERVISOR_STOPPED' });
  await supervisor.stop();
});

test('a listener that throws keeps nothing from being ended', async () => {
  const supervisor = supervisorIn(dataFolder());
  supervisor.onChange(() => {
    throw new Error('a mistake of the listener');
  });
  const started = await supervisor.start(spec());
  await expect(started.end()).resolves.toMatchObject({ asked: true });
});

function childrenIn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => Number(/^child (\d+)$/.exec(line)?.[1] ?? Number.NaN) || []);
}
