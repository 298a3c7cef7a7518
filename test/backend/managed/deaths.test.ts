/** Cells and engines that die or hang, at every stage: the instance is gone at once, and nothing is left. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ManagedOllama } from '../../../src/backend/managed/managed-backend.ts';
import { eventually } from '../../support/eventually.ts';
import {
  createRig,
  enginePid,
  isAlive,
  livingOn,
  load,
  type Rig,
  rejection,
  say,
  specOf,
  startBackend,
} from './support/rig.ts';

const signal = new AbortController().signal;
const MODEL = 'qwen2.5:0.5b';
const LONG = 2_000;

/** Resolves when a generation has begun, with its end. */
async function begin(...[handle, name]: Parameters<typeof say>): Promise<{ readonly end: Promise<unknown> }> {
  const began = Promise.withResolvers<void>();
  const end = rejection(say(handle, name, { maxTokens: LONG, onText: () => began.resolve() }));
  await Promise.race([began.promise, end]);
  return { end };
}

describe('an engine that is killed', () => {
  test('while idle takes its instance with it, and no request loads it again', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, MODEL);
    process.kill(enginePid(rig), 'SIGKILL');
    await eventually(() => !isAlive(enginePid(rig)));
    expect(await rejection(say(handle, MODEL))).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'wait' });
    expect((await backend.inspect(signal)).residents).toEqual([]);
    expect(rig.events().filter(({ kind }) => kind === 'start')).toHaveLength(1);
    await eventually(() => rig.usedBytes(0) === 0);
  });

  test('while idle is noticed without a request', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    await load(backend, rig, MODEL);
    const told = new Promise<void>((resolve) => backend.onChange((what) => what === 'service' && resolve()));
    process.kill(enginePid(rig), 'SIGKILL');
    await told;
    await eventually(async () => (await backend.inspect(signal)).residents.length === 0);
    const ended = await eventually(() => backend.cells().find(({ status }) => status === 'EXITED'));
    expect(ended.exitReason).toMatch(/engine/);
  });

  test('while it answers counts as an attempt of the job', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const handle = await load(backend, rig, MODEL);
    const { end } = await begin(handle, MODEL);
    process.kill(enginePid(rig), 'SIGKILL');
    expect(await end).toMatchObject({ code: 'ENGINE_DIED', remedy: 'retry' });
    expect((await backend.inspect(signal)).residents).toEqual([]);
    const again = await load(backend, rig, MODEL);
    expect(await say(again, MODEL)).not.toBe('');
  });
});

test('a cell that is killed while it answers is gone with its engine', async () => {
  const rig = createRig();
  const backend = await startBackend(rig);
  const handle = await load(backend, rig, MODEL);
  const { end } = await begin(handle, MODEL);
  const cell = backend.cells().find(({ role }) => role === 'instance');
  process.kill(cell?.pid ?? 0, 'SIGKILL');
  expect(await end).toMatchObject({ code: 'ENGINE_DIED', remedy: 'retry' });
  expect((await backend.inspect(signal)).residents).toEqual([]);
  await eventually(() => rig.usedBytes(0) === 0);
  expect(isAlive(enginePid(rig))).toBe(false);
  const ended = await eventually(() =>
    backend.cells().find(({ id, status }) => id === cell?.id && status === 'EXITED'),
  );
  expect(ended.exitReason).toMatch(/SIGKILL/);
});

test('an engine that dies in mid-stream by itself ends the job with a failure and the instance with it', async () => {
  const rig = createRig();
  const backend = await startBackend(rig);
  const handle = await load(backend, rig, MODEL);
  rig.fail({ dieMidStream: 1 });
  expect(await rejection(say(handle, MODEL, { maxTokens: 20 }))).toMatchObject({ code: 'ENGINE_DIED' });
  await eventually(async () => (await backend.inspect(signal)).residents.length === 0);
});

describe('what hangs', () => {
  const hangMs = 600;

  test.each([
    { what: 'engine', pidOf: (rig: Rig) => enginePid(rig) },
    {
      what: 'server',
      pidOf: (_rig: Rig, backend: ManagedOllama) =>
        backend.cells().find(({ role }) => role === 'instance')?.pid ?? 0,
    },
  ])('in mid-stream ends its job with a failure and is ended with its group: an $what', async ({ pidOf }) => {
    const rig = createRig([4096], 2);
    const backend = await startBackend(rig, { deadlines: { hangMs } });
    const handle = await load(backend, rig, MODEL);
    const { end } = await begin(handle, MODEL);
    process.kill(pidOf(rig, backend), 'SIGSTOP');
    expect(await end).toMatchObject({
      code: 'ENGINE_DIED',
      remedy: 'retry',
      message: expect.stringMatching(/engine hangs: .* nothing for 0\.6 s/),
    });
    expect((await backend.inspect(signal)).residents).toEqual([]);
    await eventually(() => rig.usedBytes(0) === 0);
    expect(await say(await load(backend, rig, MODEL), MODEL)).not.toBe('');
  });

  test('while idle is found out by the next request, which counts: it may be what an engine hangs of', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { deadlines: { hangMs } });
    const handle = await load(backend, rig, MODEL);
    process.kill(enginePid(rig), 'SIGSTOP');
    expect(await rejection(say(handle, MODEL))).toMatchObject({ code: 'ENGINE_DIED', remedy: 'retry' });
    await eventually(() => rig.usedBytes(0) === 0);
  });

  test('in the look for its GPUs is given up with the child that looks, and the next start works', async () => {
    const rig = createRig([4096], 0.01);
    const backend = await startBackend(rig, { deadlines: { cellReadyMs: 10_000 } });
    const spec = await specOf(backend, rig, MODEL);
    rig.fail({ hangDiscovery: 1 });
    expect(await rejection(backend.load(spec, signal))).toMatchObject({
      code: 'LOAD_FAILED',
      remedy: 'retry',
      message: expect.stringMatching(/did not serve on port \d+ within 10 s/),
    });
    const library = backend.cells().filter(({ status }) => status === 'READY');
    expect(livingOn(rig)).toEqual(library.map(({ pid }) => pid));
    expect(rig.usedBytes(0)).toBe(0);
  });
});

describe('a load', () => {
  test('whose engine is killed fails, and nothing of it stays', async () => {
    const rig = createRig();
    rig.fail({ crashOnLoad: 2 });
    const backend = await startBackend(rig);
    expect(await rejection(load(backend, rig, MODEL))).toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(rig.usedBytes(0)).toBe(0);
    expect((await backend.inspect(signal)).residents).toEqual([]);
  });

  test('whose cell is killed says so', async () => {
    const rig = createRig();
    rig.fail({ hangLoad: 1 });
    const backend = await startBackend(rig);
    const failed = rejection(load(backend, rig, MODEL));
    await eventually(() => rig.events().some(({ kind }) => kind === 'start'));
    const cell = backend.cells().find(({ role }) => role === 'instance');
    process.kill(cell?.pid ?? 0, 'SIGKILL');
    expect(await failed).toMatchObject({
      code: 'LOAD_FAILED',
      remedy: 'retry',
      message: expect.stringMatching(/died while it loaded .*SIGKILL/),
    });
    expect(rig.usedBytes(0)).toBe(0);
  });

  test('that hangs is given up with its whole group', async () => {
    const rig = createRig();
    rig.fail({ hangLoad: 1 });
    const backend = await startBackend(rig);
    const patience = new AbortController();
    const spec = await specOf(backend, rig, MODEL);
    const failed = rejection(backend.load(spec, patience.signal));
    await eventually(() => rig.events().some(({ kind }) => kind === 'start'));
    patience.abort(new Error('Too long.'));
    expect(await failed).toMatchObject({ message: 'Too long.' });
    expect(rig.usedBytes(0)).toBe(0);
    expect(isAlive(enginePid(rig))).toBe(false);
    expect(await say(await load(backend, rig, MODEL), MODEL)).not.toBe('');
  });

  test('is ended by a stop of the server', async () => {
    const rig = createRig();
    rig.fail({ hangLoad: 1 });
    const backend = await startBackend(rig, { warmCells: 1 });
    const failed = rejection(load(backend, rig, MODEL));
    await eventually(() => rig.events().some(({ kind }) => kind === 'start'));
    await backend.stop();
    expect(await failed).toMatchObject({ code: 'BACKEND_UNREACHABLE', remedy: 'wait' });
    expect(livingOn(rig)).toEqual([]);
    expect(await rejection(backend.inspect(signal))).toMatchObject({ code: 'BACKEND_UNREACHABLE' });
  });

  test('does not keep another one waiting', async () => {
    const rig = createRig([4096, 4096]);
    rig.fail({ hangLoad: 1 });
    const backend = await startBackend(rig);
    const patience = new AbortController();
    const spec = await specOf(backend, rig, 'llama3.2:1b', [1]);
    const hanging = rejection(backend.load(spec, patience.signal));
    await eventually(() => rig.events().some(({ kind }) => kind === 'start'));
    expect(await say(await load(backend, rig, MODEL, [0]), MODEL)).not.toBe('');
    patience.abort(new Error('Enough.'));
    await hanging;
  });
});

test('the library’s cell is replaced when it hangs', async () => {
  const rig = createRig();
  const backend = await startBackend(rig, { deadlines: { controlMs: 1_000, proofMs: 500 } });
  const handle = await load(backend, rig, MODEL);
  const library = backend.cells().find(({ role }) => role === 'library');
  process.kill(library?.pid ?? 0, 'SIGSTOP');
  expect(await backend.library.list(signal)).not.toEqual([]);
  expect(backend.cells().find(({ role }) => role === 'library')?.pid).not.toBe(library?.pid);
  expect(isAlive(library?.pid ?? 0)).toBe(false);
  expect(await say(handle, MODEL)).not.toBe('');
});

/** Resolves when this process has a request to that path under way. */
function requestTo(path: string): Promise<void> {
  return new Promise((resolve) => {
    const created = (message: unknown) => {
      if ((message as { request: { path: string } }).request.path === path) resolve();
    };
    subscribe('undici:request:create', created);
    onTestFinished(() => void unsubscribe('undici:request:create', created));
  });
}

test('the library’s cell stays when it is slow and whoever asked it has left', async () => {
  const rig = createRig();
  const backend = await startBackend(rig, { deadlines: { controlMs: 200, proofMs: 60_000 } });
  await backend.library.list(signal);
  const library = backend.cells().find(({ role }) => role === 'library');
  process.kill(library?.pid ?? 0, 'SIGSTOP');
  const patience = new AbortController();
  const asked = rejection(backend.library.list(patience.signal));
  // Its list is late, and it is asked whether it is there at all.
  await requestTo('/api/version');
  patience.abort(new Error('Enough.'));
  expect(await asked).toMatchObject({ message: 'Enough.' });
  process.kill(library?.pid ?? 0, 'SIGCONT');
  expect(await eventually(() => backend.library.list(signal).catch(() => null))).not.toEqual([]);
  expect(backend.cells().find(({ role }) => role === 'library')?.pid).toBe(library?.pid);
});

test('the library’s cell comes back when it dies, and what is in memory does not notice', async () => {
  const rig = createRig();
  const backend = await startBackend(rig);
  const handle = await load(backend, rig, MODEL);
  const library = backend.cells().find(({ role }) => role === 'library');
  process.kill(library?.pid ?? 0, 'SIGKILL');
  await eventually(() => !isAlive(library?.pid ?? 0));
  expect(await backend.library.list(signal)).not.toEqual([]);
  const successor = backend.cells().find(({ role }) => role === 'library');
  expect(successor?.pid).not.toBe(library?.pid);
  expect(successor?.restarts).toBe(1);
  expect((await backend.inspect(signal)).residents).toHaveLength(1);
  expect(await say(handle, MODEL)).not.toBe('');
});
