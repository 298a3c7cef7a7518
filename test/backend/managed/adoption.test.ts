/** After kill -9 of the server: what is healthy is taken over as it is, everything else is ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import {
  createManagedOllamaBackend,
  type ManagedOllama,
} from '../../../src/backend/managed/managed-backend.ts';
import type { ManagedOllamaOptions } from '../../../src/backend/managed/settings.ts';
import type { LoadSpec } from '../../../src/domain/backend.ts';
import type { CellEvent } from '../../../src/domain/cell.ts';
import { eventually } from '../../support/eventually.ts';
import {
  backendOptions,
  createRig,
  enginePid,
  isAlive,
  livingOn,
  type Rig,
  say,
  specOf,
  startBackend,
  stopAtEnd,
} from './support/rig.ts';

const signal = new AbortController().signal;
const HOST = join(import.meta.dirname, 'support', 'host.ts');
const MODEL = 'qwen2.5:0.5b';

/** Resolves when its loads are done (or under way). */
async function startHost(
  rig: Rig,
  loads: readonly LoadSpec[],
  more: Partial<ManagedOllamaOptions> = {},
  hasty = false,
): Promise<ChildProcess> {
  const { clock, random, logger, ...options } = backendOptions(rig, more);
  const order = JSON.stringify({ options, loads, hasty });
  const host = spawn(process.execPath, [HOST, order], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: host.stdout })) if (line === 'ready') break;
  return host;
}

async function kill(host: ChildProcess, how: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const ended = once(host, 'exit');
  host.kill(how);
  await ended;
}

/** Asked of a backend elsewhere, so that nothing on this rig has been started for it. */
async function specsFor(rig: Rig, ...names: readonly string[]): Promise<LoadSpec[]> {
  const backend = await startBackend(rig, { name: 'asker' });
  const specs = [];
  for (const name of names) specs.push(await specOf(backend, rig, name));
  await backend.stop();
  return specs;
}

async function adopted(backend: ManagedOllama, spec: LoadSpec) {
  const resident = (await backend.inspect(signal)).residents.find(
    ({ modelName }) => modelName === spec.variant.modelName,
  );
  if (!resident) throw new Error('It is not in memory.');
  return backend.adopt(resident, spec);
}

describe('after a kill of the server', () => {
  test('what it had loaded is taken over without a reload, and runs jobs at once', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL, 'llama3.2:1b');
    const host = await startHost(rig, specs, { warmCells: 1 });
    await kill(host);
    const used = rig.usedBytes(0);
    const backend = await startBackend(rig);
    const { residents } = await backend.inspect(signal);
    expect(residents.map(({ modelName }) => modelName).sort()).toEqual(['llama3.2:1b', MODEL]);
    for (const resident of residents) {
      expect(resident.parallel).toBe(2);
      expect(resident.gpuKeys).toEqual(specs[0]?.gpus.map(({ key }) => key));
    }
    for (const spec of specs) {
      const handle = await adopted(backend, spec);
      expect(handle.measured?.sizeBytes).toBeGreaterThan(0);
      expect(await say(handle, spec.variant.modelName)).not.toBe('');
    }
    expect(rig.usedBytes(0)).toBe(used);
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(2);
    // Those without a model are not worth keeping.
    expect(backend.cells().filter(({ role, status }) => role === 'warm' && status !== 'EXITED')).toEqual([]);
    await (await adopted(backend, specs[0] as LoadSpec)).unload(signal);
    expect((await backend.inspect(signal)).residents).toHaveLength(1);
  });

  test('what goes on is told of as a start, and what is ended as an end with its reason', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs, { warmCells: 1 }));
    const backend = createManagedOllamaBackend(backendOptions(rig));
    stopAtEnd(() => backend.stop());
    const events: CellEvent[] = [];
    backend.onCell((event) => events.push(event));
    await backend.start();
    const [start] = events.filter(({ kind }) => kind === 'start');
    expect(start?.cell).toMatchObject({ modelName: MODEL, role: 'instance', status: 'READY' });
    expect(start?.cell.gpuKeys).toEqual(specs[0]?.gpus.map(({ key }) => key));
    expect(start?.reason).toMatch(/^An earlier server had started it/);
    const ends = events.filter(({ kind }) => kind === 'end');
    expect(ends.map(({ cell }) => cell.role).sort()).toEqual(['library', 'warm']);
    for (const { reason, cell } of ends) {
      expect(reason).toBe('It cannot be taken over: it held no model.');
      expect((await backend.cellLog(cell.id, 1))?.length).toBe(1);
    }
    expect(events).toHaveLength(3);
  });

  test('one whose engine is dead is ended', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs));
    process.kill(enginePid(rig), 'SIGKILL');
    await eventually(() => !isAlive(enginePid(rig)));
    const backend = await startBackend(rig);
    expect(livingOn(rig)).toEqual([]);
    expect((await backend.inspect(signal)).residents).toEqual([]);
  });

  test('an engine whose cell is dead is ended', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs));
    const start = rig.events().findLast(({ kind }) => kind === 'start');
    process.kill(start?.serverPid ?? 0, 'SIGKILL');
    await eventually(() => !isAlive(start?.serverPid ?? 0));
    expect(rig.usedBytes(0)).toBeGreaterThan(0);
    await startBackend(rig);
    expect(rig.usedBytes(0)).toBe(0);
    expect(livingOn(rig)).toEqual([]);
  });

  test('a load that was under way is ended', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    rig.fail({ hangLoad: 1 });
    const host = await startHost(rig, specs, {}, true);
    await eventually(() => rig.events().some(({ kind }) => kind === 'start'));
    await kill(host);
    await startBackend(rig);
    expect(livingOn(rig)).toEqual([]);
    expect(rig.usedBytes(0)).toBe(0);
  });

  test('one that another configuration would start otherwise is ended', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs));
    const backend = await startBackend(rig, { env: { ...rig.env, OLLAMA_FLASH_ATTENTION: '1' } });
    expect((await backend.inspect(signal)).residents).toEqual([]);
    expect(rig.usedBytes(0)).toBe(0);
  });

  test('one that no longer answers is ended', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs));
    process.kill(enginePid(rig), 'SIGSTOP');
    const backend = await startBackend(rig, { deadlines: { proofMs: 1_000 } });
    expect((await backend.inspect(signal)).residents).toEqual([]);
    expect(rig.usedBytes(0)).toBe(0);
  });

  test('another backend of the same data folder leaves it alone', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs));
    const other = await startBackend(rig, { name: 'other' });
    expect((await other.inspect(signal)).residents).toEqual([]);
    expect(isAlive(enginePid(rig))).toBe(true);
    const backend = await startBackend(rig);
    expect((await backend.inspect(signal)).residents).toHaveLength(1);
  });
});

describe('an end in order', () => {
  test('leaves nothing', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs, { warmCells: 1 }), 'SIGTERM');
    expect(livingOn(rig)).toEqual([]);
    expect(rig.usedBytes(0)).toBe(0);
  });

  test('leaves what is loaded where that is wanted, for the next start to take over', async () => {
    const rig = createRig();
    const specs = await specsFor(rig, MODEL);
    await kill(await startHost(rig, specs, { warmCells: 1, keep: true }), 'SIGTERM');
    expect(rig.usedBytes(0)).toBeGreaterThan(0);
    const backend = await startBackend(rig);
    expect((await backend.inspect(signal)).residents).toHaveLength(1);
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });
});
