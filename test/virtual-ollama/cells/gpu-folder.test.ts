import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderFaults } from '../../../src/virtual-ollama/gpu-folder/folder-faults.ts';
import { FolderGpuMemory } from '../../../src/virtual-ollama/gpu-folder/folder-gpu-memory.ts';
import {
  ALLOCATIONS_FOLDER,
  allocationPath,
  createGpuFolder,
  writeForeign,
  writeWhole,
} from '../../../src/virtual-ollama/gpu-folder/gpu-folder.ts';
import { identify } from '../../../src/virtual-ollama/gpu-folder/process-identity.ts';
import { eventually } from '../../support/eventually.ts';

const SOURCES = resolve(import.meta.dirname, '../../../src/virtual-ollama/gpu-folder');
const children: ChildProcess[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gpu-folder-'));
  createGpuFolder(folder, [{ totalBytes: 1_000 }, { totalBytes: 500, uuid: 'GPU-b', name: 'Other card' }]);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function keep(child: ChildProcess): number {
  children.push(child);
  return child.pid ?? 0;
}

const sleeper = () => keep(spawn('sleep', ['1000'], { stdio: 'ignore' }));
const files = () => readdirSync(join(folder, ALLOCATIONS_FOLDER));

describe('memory in a folder', () => {
  test('is taken whole or not at all, and given back', () => {
    const memory = new FolderGpuMemory(folder);
    const pid = sleeper();
    const owner = { pid, name: 'llama-server' };
    const tooMuch = [
      { gpu: 0, bytes: 400 },
      { gpu: 1, bytes: 501 },
    ];
    expect(memory.allocate(owner, tooMuch)).toBe('oom');
    expect(memory.read().map((gpu) => gpu.usedBytes)).toEqual([0, 0]);
    expect(memory.allocate(owner, [{ gpu: 0, bytes: 400 }])).toBe('ok');
    expect(new FolderGpuMemory(folder).read()[0]).toMatchObject({
      usedBytes: 400,
      freeBytes: 600,
      processes: [{ pid, name: 'llama-server', usedBytes: 400 }],
    });
    memory.free(pid);
    expect(memory.read()[0]?.usedBytes).toBe(0);
    expect(files()).toEqual([]);
  });

  test('of a process that is gone is free, and its file removed', async () => {
    const memory = new FolderGpuMemory(folder);
    const pid = sleeper();
    memory.allocate({ pid, name: 'engine' }, [{ gpu: 0, bytes: 1_000 }]);
    process.kill(pid, 'SIGKILL');
    await eventually(() => memory.read()[0]?.usedBytes === 0);
    expect(files()).toEqual([]);
    expect(memory.allocate({ pid, name: 'engine' }, [{ gpu: 0, bytes: 1 }])).toBe('oom');
  });

  test('of a zombie is free', async () => {
    // The shell becomes a program that never asks after the child that it has got.
    const parent = keep(spawn('sh', ['-c', 'sleep 0.1 & exec sleep 1000'], { stdio: 'ignore' }));
    const childOf = () => {
      const text = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim();
      return text === '' ? undefined : Number(text.split(' ')[0]);
    };
    const stateOf = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0];
    await eventually(() => childOf() !== undefined);
    const zombie = childOf() ?? 0;
    const ticks =
      readFileSync(`/proc/${zombie}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? '';
    writeWhole(allocationPath(folder, zombie, ticks), { name: 'engine', shares: [{ gpu: 0, bytes: 5 }] });
    await eventually(() => stateOf(zombie) === 'Z');
    expect(() => process.kill(zombie, 0)).not.toThrow();
    expect(identify(zombie)).toBeUndefined();
    expect(new FolderGpuMemory(folder).read()[0]?.usedBytes).toBe(0);
  });

  test('of an earlier process with the same pid is free', () => {
    const pid = sleeper();
    writeWhole(allocationPath(folder, pid, '1'), { name: 'engine', shares: [{ gpu: 0, bytes: 900 }] });
    expect(new FolderGpuMemory(folder).read()[0]?.usedBytes).toBe(0);
    expect(files()).toEqual([]);
  });

  test('of other programs counts, and may exceed the card', () => {
    const memory = new FolderGpuMemory(folder);
    memory.setForeign(0, 2_000);
    writeForeign(folder, [
      { gpu: 0, bytes: 2_000 },
      { gpu: 1, bytes: 100, name: 'ComfyUI', pid: 4_000_000 },
    ]);
    expect(memory.read().map((gpu) => gpu.freeBytes)).toEqual([0, 400]);
    expect(memory.read()[1]?.processes).toEqual([{ pid: 4_000_000, name: 'ComfyUI', usedBytes: 100 }]);
    memory.setForeign(0, 0);
    expect(memory.read()[0]?.freeBytes).toBe(1_000);
  });

  test('is numbered by who sees it', () => {
    const memory = new FolderGpuMemory(folder, [1]);
    expect(memory.read()).toMatchObject([{ index: 0, uuid: 'GPU-b', name: 'Other card', totalBytes: 500 }]);
    memory.allocate({ pid: sleeper(), name: 'engine' }, [{ gpu: 0, bytes: 7 }]);
    expect(new FolderGpuMemory(folder).read().map((gpu) => gpu.usedBytes)).toEqual([0, 7]);
  });

  test('is never overdrawn by many processes at once, and faults fail as often as they were set', async () => {
    new FolderFaults(folder).set({ oomOnLoad: 7 });
    const program = `
      import { FolderGpuMemory } from '${SOURCES}/folder-gpu-memory.ts';
      import { FolderFaults } from '${SOURCES}/folder-faults.ts';
      const memory = new FolderGpuMemory('${folder}');
      const faults = new FolderFaults('${folder}');
      process.stdout.write('ready ');
      process.stdin.once('data', () => {
        let taken = 0;
        for (let i = 0; i < 20; i++) taken += faults.take('oomOnLoad') ? 1 : 0;
        const outcome = memory.allocate({ pid: process.pid, name: 'x' }, [{ gpu: 0, bytes: 300 }]);
        process.stdout.write(outcome + ' ' + taken + ' done');
        setInterval(() => {}, 1e9);
      });`;
    const said = [1, 2, 3, 4, 5, 6].map(() => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      keep(child);
      const output = { child, text: '' };
      child.stdout.on('data', (data: Buffer) => {
        output.text += data.toString();
      });
      return output;
    });
    await eventually(() => said.every(({ text }) => text.startsWith('ready')));
    for (const { child } of said) child.stdin.write('go');
    await eventually(() => said.every(({ text }) => text.endsWith('done')));
    expect(said.filter(({ text }) => text.includes('ok'))).toHaveLength(3);
    expect(new FolderGpuMemory(folder).read()[0]?.usedBytes).toBe(900);
    const faults = said.reduce((sum, { text }) => sum + Number(/ (\d+) done/.exec(text)?.[1]), 0);
    expect(faults).toBe(7);
  });
});
