/** A server process for every resident model: loads, runs, unloads, placement, and cells that stand ready. */
import { existsSync, rmSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BackendError } from '../../../src/domain/errors.ts';
import { MiB } from '../../../src/domain/units.ts';
import { eventually } from '../../support/eventually.ts';
import {
  createRig,
  enginePid,
  livingOn,
  load,
  modelsOf,
  rejection,
  say,
  specOf,
  startBackend,
} from './support/rig.ts';

const signal = new AbortController().signal;
const SMALL = 'qwen2.5:0.5b';
const OTHER = 'llama3.2:1b';
const EMBEDDING = 'all-minilm:latest';

describe('an instance', () => {
  test('is loaded, runs jobs, and is gone with its memory when it is unloaded', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, SMALL);
    expect(handle.measured?.sizeBytes).toBe(handle.measured?.vramBytes);
    expect(rig.usedBytes(0)).toBeGreaterThan(300 * MiB);
    const { residents, version, ownPids } = await backend.inspect(signal);
    expect(residents[0]?.pids).toEqual([enginePid(rig)]);
    expect(ownPids).toContain(enginePid(rig));
    expect(version).toMatch(/^\d/);
    expect(residents).toEqual([
      expect.objectContaining({ modelName: SMALL, contextLength: 2048, parallel: 2, expiresAt: null }),
    ]);
    expect(await say(handle, SMALL)).not.toBe('');
    await handle.unload(signal);
    expect(rig.usedBytes(0)).toBe(0);
    expect((await backend.inspect(signal)).residents).toEqual([]);
  });

  test('is let go where only a part of it fits, unless it may be partly on the CPU', async () => {
    const rig = createRig([1024]);
    const backend = await startBackend(rig);
    const spec = await specOf(backend, rig, OTHER);
    expect(await rejection(backend.load(spec, signal))).toMatchObject({ code: 'OUT_OF_MEMORY' });
    const { num_gpu: _, ...options } = spec.variant.options;
    const handle = await backend.load({ ...spec, variant: { ...spec.variant, options } }, signal);
    const { sizeBytes = 0, vramBytes = 0 } = handle.measured ?? {};
    expect(vramBytes).toBeGreaterThan(0);
    expect(vramBytes).toBeLessThan(sizeBytes);
    expect(await say(handle, OTHER)).not.toBe('');
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });

  test('makes embeddings', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, EMBEDDING, [0], 1);
    const request = { kind: 'EMBED', input: ['one', 'two'] } as const;
    const result = await handle.run({ modelName: EMBEDDING, request, blobs: new Map() }, () => {}, signal);
    expect(result).toMatchObject({ kind: 'embed', vectors: { count: 2 } });
  });

  test('is loaded once, whatever its jobs ask for', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, SMALL);
    for (const extra of [{ num_ctx: 4096 }, { num_thread: 3 }, { num_gpu: 1 }, { num_batch: 64 }]) {
      const request = { kind: 'GENERATE', prompt: 'Hello.', options: { maxTokens: 2, extra } } as const;
      await handle.run({ modelName: SMALL, request, blobs: new Map() }, () => {}, signal);
    }
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });

  test('runs on the cards that it was planned for, by UUID, beside one on another card', async () => {
    const rig = createRig([4096, 4096]);
    const backend = await startBackend(rig);
    const [first, second] = await Promise.all([
      load(backend, rig, SMALL, [1]),
      load(backend, rig, OTHER, [0]),
    ]);
    expect(rig.usedBytes(0)).toBeGreaterThan(600 * MiB);
    expect(rig.usedBytes(1)).toBeGreaterThan(300 * MiB);
    const { residents } = await backend.inspect(signal);
    const specs = await Promise.all([specOf(backend, rig, SMALL, [1]), specOf(backend, rig, OTHER, [0])]);
    for (const { variant, gpus } of specs) {
      const resident = residents.find(({ modelName }) => modelName === variant.modelName);
      expect(resident?.gpuKeys).toEqual(gpus.map(({ key }) => key));
    }
    await first?.unload(signal);
    expect(rig.usedBytes(1)).toBe(0);
    expect(rig.usedBytes(0)).toBeGreaterThan(600 * MiB);
    expect(await say(second, OTHER)).not.toBe('');
  });

  test('that is too large for one card lies on two', async () => {
    const rig = createRig([1_100, 1_100]);
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, OTHER, [0, 1], 1);
    expect(handle.measured?.vramBytes).toBe(handle.measured?.sizeBytes);
    expect(rig.usedBytes(0)).toBeGreaterThan(0);
    expect(rig.usedBytes(1)).toBeGreaterThan(0);
  });

  test('that does not fit is refused as out of memory, and nothing of it stays', async () => {
    const rig = createRig([512]);
    const backend = await startBackend(rig);
    const error = await rejection(load(backend, rig, OTHER));
    expect(error).toBeInstanceOf(BackendError);
    expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', remedy: 'free-memory' });
    expect(rig.usedBytes(0)).toBe(0);
    const living = () =>
      backend.cells().filter(({ role, status }) => role === 'instance' && status !== 'EXITED');
    await eventually(() => living().length === 0);
  });

  test('answers under another name of its weights, with that name’s own template', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    await backend.library.copy(SMALL, 'alias:x', signal);
    const handle = await load(backend, rig, SMALL);
    expect(await say(handle, 'alias:x')).not.toBe('');
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
    expect(await rejection(say(handle, OTHER))).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'wait' });
  });
});

describe('the model folder', () => {
  test('may lose a model that is in memory: it goes on answering from a folder of its own', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, SMALL);
    rmSync(join(rig.models, 'manifests'), { recursive: true });
    rmSync(join(rig.models, 'blobs'), { recursive: true });
    expect(await say(handle, SMALL)).not.toBe('');
  });

  test('that lost a model lets its instance go when two lists in a row lack it', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    await load(backend, rig, SMALL);
    await backend.library.delete(SMALL, signal);
    await modelsOf(backend);
    expect((await backend.inspect(signal)).residents).toHaveLength(1);
    await modelsOf(backend);
    expect((await backend.inspect(signal)).residents).toEqual([]);
    await eventually(() => rig.usedBytes(0) === 0);
  });

  test('that is missing is said, and never made', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    await rename(rig.models, `${rig.models}-away`);
    expect(await rejection(backend.inspect(signal))).toMatchObject({
      code: 'BACKEND_UNREACHABLE',
      message: expect.stringMatching(/There is no model folder/),
    });
    expect(existsSync(rig.models)).toBe(false);
    await rename(`${rig.models}-away`, rig.models);
    expect((await backend.inspect(signal)).residents).toEqual([]);
  });

  test('on a full disk fails a pull with what to do, harms nothing else, and the next pull goes on', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, SMALL);
    await backend.library.delete(OTHER, signal);
    rig.fail({ fullDiskMidPull: 1 });
    expect(await rejection(backend.library.pull(OTHER, () => {}, signal))).toMatchObject({
      code: 'BACKEND_ERROR',
      remedy: 'none',
      message: expect.stringMatching(/no space left on device.*Free space/s),
    });
    expect((await modelsOf(backend)).has(OTHER)).toBe(false);
    expect(await say(handle, SMALL)).not.toBe('');
    await backend.library.pull(OTHER, () => {}, signal);
    expect(await say(await load(backend, rig, OTHER), OTHER)).not.toBe('');
  });

  test('gets no private folder left behind', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    await load(backend, rig, SMALL);
    await backend.warmed();
    await backend.stop();
    const [own] = await readdir(join(rig.dataDir, 'managed'));
    expect(await readdir(join(rig.dataDir, 'managed', own ?? '', 'models'))).toEqual([]);
  });
});

describe('cells that stand ready', () => {
  test('take the next load of their kind; another kind is a cold start', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    await load(backend, rig, SMALL);
    await backend.warmed();
    expect(backend.cellStatistics).toEqual({ coldStarts: 1, warmStarts: 0 });
    const warm = backend.cells().find(({ role }) => role === 'warm');
    await load(backend, rig, OTHER);
    expect(backend.cellStatistics).toEqual({ coldStarts: 1, warmStarts: 1 });
    expect(backend.cells().find(({ modelName }) => modelName === OTHER)?.pid).toBe(warm?.pid);
    await backend.warmed();
    await load(backend, rig, EMBEDDING, [0], 1);
    expect(backend.cellStatistics).toEqual({ coldStarts: 2, warmStarts: 1 });
  });

  test('are there before the first load, once the cards are known', async () => {
    const rig = createRig([4096, 4096]);
    const backend = await startBackend(rig, { warmCells: 1 });
    const { gpus } = await specOf(backend, rig, SMALL, [0, 1]);
    backend.standReady(gpus);
    const warm = () => backend.cells().filter(({ role, status }) => role === 'warm' && status === 'READY');
    await eventually(() => warm().length === 2);
    backend.standReady(gpus);
    await backend.warmed();
    expect(warm()).toHaveLength(2);
    await load(backend, rig, SMALL, [1]);
    expect(backend.cellStatistics).toEqual({ coldStarts: 0, warmStarts: 1 });
  });

  test('are none where none are wanted', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const { gpus } = await specOf(backend, rig, SMALL);
    backend.standReady(gpus);
    await load(backend, rig, SMALL);
    await backend.warmed();
    expect(backend.cells().filter(({ role }) => role === 'warm')).toEqual([]);
  });

  test('take a load while they are only starting', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    const spec = await specOf(backend, rig, SMALL);
    backend.standReady(spec.gpus);
    await backend.load(spec, signal);
    expect(backend.cellStatistics).toEqual({ coldStarts: 0, warmStarts: 1 });
  });

  test('start beside the load that took the one before', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    const spec = await specOf(backend, rig, SMALL);
    rig.fail({ hangLoad: 1 });
    const given = new AbortController();
    const loading = backend.load(spec, given.signal);
    await eventually(() => backend.cells().some(({ role, status }) => role === 'warm' && status === 'READY'));
    expect((await backend.inspect(signal)).residents).toEqual([]);
    given.abort(new Error('That is enough.'));
    await expect(loading).rejects.toThrow('That is enough.');
  });

  test('are as many for each card as configured, and of the kind that was used last', async () => {
    const rig = createRig([4096, 4096]);
    const backend = await startBackend(rig, { warmCells: 2 });
    await load(backend, rig, SMALL, [0]);
    await load(backend, rig, EMBEDDING, [1], 1);
    await backend.warmed();
    expect(backend.cells().filter(({ role }) => role === 'warm')).toHaveLength(4);
    await load(backend, rig, SMALL, [1]);
    await backend.warmed();
    const warm = backend.cells().filter(({ role, status }) => role === 'warm' && status === 'READY');
    expect(warm).toHaveLength(4);
    await load(backend, rig, OTHER, [1]);
    expect(backend.cellStatistics.warmStarts).toBe(1);
  });
});

describe('what people see', () => {
  test('are the cells with their roles, and what they wrote', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    const handle = await load(backend, rig, SMALL);
    await backend.warmed();
    await backend.inspect(signal);
    const cells = backend.cells();
    expect(cells.map(({ role }) => role).sort()).toEqual(['instance', 'library', 'warm']);
    for (const cell of cells) expect(cell.residentBytes).toBeGreaterThan(MiB);
    const cell = cells.find(({ role }) => role === 'instance');
    if (!cell) throw new Error('There is no cell.');
    expect(cell).toMatchObject({ status: 'READY', modelName: SMALL, exitReason: null });
    expect((await backend.cellLog(cell.id, 500))?.join('\n')).toMatch(/Listening on 127\.0\.0\.1/);
    await handle.unload(signal);
    await eventually(() => backend.cells().find(({ id, status }) => id === cell.id && status === 'EXITED'));
    expect((await backend.cellLog(cell.id, 5))?.length).toBeGreaterThan(0);
  });

  test('is every change', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    let changes = 0;
    const release = backend.onChange(() => {
      changes += 1;
    });
    await load(backend, rig, SMALL);
    const seen = changes;
    expect(seen).toBeGreaterThan(0);
    release();
    await backend.stop();
    expect(changes).toBe(seen);
  });
});

describe('the program', () => {
  test('that is missing makes the backend unreachable, with what to do', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { binary: join(rig.folder, 'nothing') });
    expect(await rejection(backend.inspect(signal))).toMatchObject({
      code: 'BACKEND_UNREACHABLE',
      remedy: 'wait',
      message: expect.stringMatching(/There is no program .*managed\.binary/),
    });
  });

  test('that is too old is refused', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { env: { ...rig.env, VIRTUAL_VERSION: '0.12.3' } });
    expect(await rejection(backend.inspect(signal))).toMatchObject({
      message: expect.stringMatching(/Ollama 0\.12\.3 is too old/),
    });
  });

  test('that prints no port is ended and said', async () => {
    const rig = createRig();
    rig.fail({ noPort: 1 });
    // The one after it has to be ready within it.
    const backend = await startBackend(rig, { deadlines: { cellReadyMs: 10_000 } });
    expect(await rejection(backend.inspect(signal))).toMatchObject({
      message: expect.stringMatching(/printed no port/),
    });
    expect(livingOn(rig)).toEqual([]);
    expect((await backend.inspect(signal)).residents).toEqual([]);
  });

  test('that ends at once says why', async () => {
    const rig = createRig();
    rig.fail({ exitAtStart: 1 });
    const backend = await startBackend(rig);
    expect(await rejection(backend.inspect(signal))).toMatchObject({
      message: expect.stringMatching(/ended before it was ready: It failed \(exit code 1\)/),
    });
  });
});
