import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { environmentDigest } from '../../../src/backend/supervisor/environment.ts';
import {
  allowListedEnv,
  SupervisionUnsupportedError,
  Supervisor,
} from '../../../src/backend/supervisor/index.ts';
import { readEnviron } from '../../../src/backend/supervisor/proc/environ.ts';
import { readBootId, runsFile, sharesFolder } from '../../../src/backend/supervisor/proc/host.ts';
import { listeningInodes, listensOn } from '../../../src/backend/supervisor/proc/listening.ts';
import { memoryOf, parseMemory } from '../../../src/backend/supervisor/proc/memory.ts';
import { findProcess, isLiving, parseStat, readStat } from '../../../src/backend/supervisor/proc/stat.ts';
import { systemClock } from '../../../src/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { dataFolder, spec, supervisorIn } from './support/house.ts';

test('a stat line is read whatever the name of the program', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15 }), fc.nat(), fc.nat(), (name, pid, ticks) => {
      const rest = ['S', 1, 40, 41, 0, -1, 0, 0, 0, 0, 0, 3, 5, 0, 0, 20, 0, 7, 0, ticks, 0, 0];
      expect(parseStat(`${pid} (${name}) ${rest.join(' ')}\n`)).toEqual({
        pid,
        state: 'S',
        groupId: 40,
        sessionId: 41,
        threads: 7,
        cpuTicks: 8,
        startTicks: ticks,
      });
    }),
  );
  for (const text of ['', '12', '12 (x', '12 (x) ', '12 (x) S 1 2']) expect(parseStat(text)).toBeNull();
});

test('a zombie whose other threads run is alive', () => {
  const stat = { pid: 1, state: 'Z', groupId: 1, sessionId: 1, threads: 2, startTicks: 5 };
  expect(isLiving(stat)).toBe(true);
  expect(isLiving({ ...stat, threads: 1 })).toBe(false);
});

test('a process is known by pid and start time together', () => {
  const self = readStat(process.pid);
  expect(self?.pid).toBe(process.pid);
  expect(findProcess({ pid: process.pid, startTicks: self?.startTicks ?? 0 })).not.toBeNull();
  expect(findProcess({ pid: process.pid, startTicks: (self?.startTicks ?? 0) + 1 })).toBeNull();
});

test('only who holds the listening socket listens', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const other = spawn('sleep', ['60']);
  expect(await listensOn(process.pid, port)).toBe(true);
  expect(await listensOn(other.pid ?? 0, port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await listensOn(process.pid, port)).toBe(false);
  other.kill('SIGKILL');
});

test('connections to a port are not its listeners', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0',
    '   1: 0100007F:2CAA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0',
    '   2: 0100007F:2CAB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0',
  ].join('\n');
  expect(listeningInodes(table, 0x2caa)).toEqual(['111']);
});

test('memory is that of all members', async () => {
  const supervisor = supervisorIn(dataFolder());
  const [alone, family] = await Promise.all([
    supervisor.start(spec()),
    supervisor.start(spec(['children=2'])),
  ]);
  const one = await alone.memory();
  expect(one.residentBytes).toBeGreaterThan(20 * 1024 ** 2);
  expect(one.anonymousBytes).toBeLessThan(one.residentBytes);
  // Its children may still be starting; without them this would never come.
  await eventually(async () => (await family.memory()).residentBytes > 1.5 * one.residentBytes);
  expect(await memoryOf([2 ** 30])).toEqual({ residentBytes: 0, anonymousBytes: 0 });
  expect(parseMemory('VmRSS:\t  12 kB\nRssAnon:\t 4 kB\nRssShmem:\t 1 kB\n')).toEqual({
    residentBytes: 12_288,
    anonymousBytes: 5_120,
  });
});

test('an environment is read, or said to be unreadable or gone', async () => {
  const child = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, A: 'b=c', EMPTY: '' } });
  await new Promise((resolve) => child.once('spawn', resolve));
  // Just started, a program has none yet for some microseconds.
  const environ = await eventually(
    () => readEnviron(child.pid ?? 0, systemClock),
    (seen) => seen.kind !== 'read' || seen.variables.PATH,
  );
  expect(environ).toMatchObject({ kind: 'read', variables: { A: 'b=c', EMPTY: '' } });
  child.kill('SIGKILL');
  expect(await readEnviron(2 ** 30, systemClock)).toEqual({ kind: 'gone' });
});

test('a replaced program and another folder are told', async () => {
  expect(await runsFile(process.pid, process.execPath)).toBe(true);
  expect(await runsFile(process.pid, '/bin/sh')).toBe(false);
  const folder = dataFolder();
  mkdirSync(join(folder, 'inner'));
  expect(await sharesFolder(process.pid, join(folder, 'inner'))).toBe(true);
  expect(await sharesFolder(process.pid, join(folder, 'missing'))).toBe(false);
});

test('only allowed variables pass', () => {
  const from = { PATH: '/bin', OLLAMA_HOST: 'x', CUDA_VISIBLE_DEVICES: '0', EMPTY: '' };
  expect(allowListedEnv(['PATH', 'EMPTY', 'MISSING'], from)).toEqual({ PATH: '/bin', EMPTY: '' });
});

test('an environment has the same digest in any order, and another one with any other value', () => {
  const environment = fc.dictionary(fc.stringMatching(/^[A-Z]{1,3}$/), fc.string());
  fc.assert(
    fc.property(environment, fc.string(), (env, value) => {
      const turned = Object.fromEntries(Object.entries(env).reverse());
      expect(environmentDigest(turned)).toBe(environmentDigest(env));
      expect(environmentDigest({ ...env, OTHER: value })).not.toBe(environmentDigest(env));
    }),
  );
});

test('other systems are refused with what to do instead', () => {
  expect(() => readBootId('darwin')).toThrow(SupervisionUnsupportedError);
  expect(() => readBootId('win32')).toThrow(/--backend URL/);
  expect(Supervisor).toBeTypeOf('function');
});
