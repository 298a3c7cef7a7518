/** A backend of commands over real processes: loads, answers, memory, ends, and what each phase of a start can go wrong by. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readyProbe } from '../../../src/backend/command/server-look.ts';
import { GiB, MiB } from '../../../src/domain/units.ts';
import { runVirtualOpenAi } from '../../../src/virtual-openai/index.ts';
import { createRig, isAlive, livingOn, rejection, say } from '../managed/support/rig.ts';
import { model, specOf, startCommands, virtualServer } from './command-rig.ts';

const signal = new AbortController().signal;

test('a load starts the command with its placeholders filled in, on its card alone, and an unload leaves no process', async () => {
  const rig = createRig([4096, 4096]);
  const backend = await startCommands(rig, {
    'org/Qwen-4B': model('--model inner --context {context} --parallel {parallel} --vram 1GiB', {
      aliases: ['qwen'],
      env: { SEEN_GPUS: '{gpus} of {gpuCount}' },
    }),
    vectors: model('--embedding vectors', { kinds: ['embed'] }),
  });
  const names = (await backend.library.list()).map(({ name, capabilities }) => [name, capabilities[0]]);
  expect(names).toEqual([
    ['org/Qwen-4B', 'completion'],
    ['qwen', 'completion'],
    ['vectors', 'embedding'],
  ]);

  const signs: true[] = [];
  const spec = await specOf(backend, rig, 'org/Qwen-4B', { gpus: [1] });
  const [handle, other] = await Promise.all([
    backend.load(spec, signal, () => signs.push(true)),
    backend.load(await specOf(backend, rig, 'vectors'), signal),
  ]);
  expect(signs.length).toBeGreaterThan(0);
  expect(handle.variant.contextLength).toBe(2048);
  expect(handle.measured?.vramBytes).toBe(512 * MiB);
  expect(rig.usedBytes(0)).toBe(0);
  expect(rig.usedBytes(1)).toBe(GiB);
  // Its server knows it by a name of its own.
  expect(await say(handle, 'qwen')).toMatch(/\w/);

  const { residents, ownPids } = await backend.inspect(signal);
  expect(residents.map(({ modelName }) => modelName).sort()).toEqual(['org/Qwen-4B', 'vectors']);
  const cell = backend.cells().find(({ modelName }) => modelName === 'org/Qwen-4B');
  const environ = readFileSync(`/proc/${cell?.pid}/environ`, 'utf8').split('\0');
  expect(environ).toContain('SEEN_GPUS=1 of 1');
  expect(environ).toContain(`CUDA_VISIBLE_DEVICES=${spec.gpus[0]?.key}`);
  expect(ownPids).toContain(cell?.pid);
  if (!cell) throw new Error('It has no cell.');
  expect((await backend.cellLog(cell.id, 5))?.join('\n')).toContain('is ready');

  await Promise.all([handle.unload(signal), other.unload(signal)]);
  expect(livingOn(rig)).toEqual([]);
  expect(rig.usedBytes(1)).toBe(0);
});

test('each fault of a start is told in words that say what to do, and leaves nothing', async () => {
  const rig = createRig();
  const models = {
    'not there': model('', {}),
    exits: model('--fail exit'),
    full: model('--fail out-of-memory'),
    'too large': model('--vram 8GiB'),
    elsewhere: model('--fail other-port', { readyWithin: 1_000 }),
    'too small': model('--model small --context {slotContext} --parallel 2'),
    'no file': model('', { command: [...virtualServer(''), '--note', '/nowhere/a.gguf'] }),
  };
  const missing = { ...models['not there'], command: ['/nowhere/llama-server', '--port', '{port}'] };
  const backend = await startCommands(rig, { ...models, 'not there': missing });
  const failure = async (name: string) => rejection(backend.load(await specOf(backend, rig, name), signal));
  const told = {
    'not there': ['BACKEND_UNREACHABLE', 'wait', /\/nowhere\/llama-server/],
    exits: ['LOAD_FAILED', 'retry', /ended before it was ready[\s\S]*unexpected end of file/],
    full: ['OUT_OF_MEMORY', 'free-memory', /cudaMalloc failed/],
    'too large': ['OUT_OF_MEMORY', 'free-memory', /cudaMalloc failed/],
    elsewhere: ['LOAD_FAILED', 'retry', /did not serve on port \d+ within 1 s[\s\S]*\{port\}/],
    'too small': ['LOAD_FAILED', 'none', /was started for 2048 tokens of context in each of 2 slots/],
  } as const;
  const failures = await Promise.all(
    Object.keys(told).map(async (name) => [name, await failure(name)] as const),
  );
  for (const [name, error] of failures) {
    const [code, remedy, message] = told[name as keyof typeof told];
    expect(error, name).toMatchObject({ code, remedy, message: expect.stringMatching(message) });
  }
  // What cannot be loaded for want of its file is not there.
  expect((await backend.library.list()).map(({ name }) => name)).not.toContain('no file');
  expect(livingOn(rig)).toEqual([]);
});

test('a model that can sleep keeps its process when it is unloaded, and gives its card back; it wakes, or makes room for others', async () => {
  const rig = createRig([2048]);
  const sleeps = { sleep: 'vllm', parallel: 2 } as const;
  const backend = await startCommands(rig, {
    sleeper: model('--flavour vllm --model s --vram 1GiB', sleeps),
    'no sleeper': model('--flavour plain --model p --vram 1GiB', sleeps),
    large: model('--model l --vram 2GiB'),
  });
  const spec = await specOf(backend, rig, 'sleeper');
  const first = await backend.load(spec, signal);
  const [cell] = backend.cells();
  await first.unload(signal);
  expect(rig.usedBytes(0)).toBe(64 * MiB);
  expect((await backend.inspect(signal)).residents).toEqual([]);
  expect(backend.cells()).toMatchObject([{ pid: cell?.pid, role: 'warm', status: 'READY' }]);

  const again = await backend.load(spec, signal);
  expect(backend.cells()).toMatchObject([{ pid: cell?.pid, role: 'instance' }]);
  expect(backend.cellStatistics).toEqual({ coldStarts: 1, warmStarts: 1 });
  expect(rig.usedBytes(0)).toBe(GiB);
  expect(await say(again, 'sleeper')).toMatch(/\w/);
  await again.unload(signal);

  // What has no such paths is ended.
  const other = await backend.load(await specOf(backend, rig, 'no sleeper'), signal);
  await other.unload(signal);
  expect(livingOn(rig)).toEqual([cell?.pid]);

  const large = await specOf(backend, rig, 'large');
  expect(await rejection(backend.load(large, signal))).toMatchObject({ remedy: 'free-memory' });
  expect(livingOn(rig)).toEqual([]);
  await (await backend.load(large, signal)).unload(signal);
  expect(rig.usedBytes(0)).toBe(0);
});

test.each([
  ['says that it does not', "'/is_sleeping': { is_sleeping: false }"],
  ['does not answer', "'/sleep?level=1': null"],
])('a server that is told to sleep and %s is ended', async (_what, more) => {
  const rig = createRig();
  const restless = `
    const answers = { '/v1/models': { data: [{ id: 'restless' }] }, ${more} };
    require('node:http').createServer((asked, out) => {
      out.setHeader('content-type', 'application/json');
      if (answers[asked.url] !== null) out.end(JSON.stringify(answers[asked.url] ?? {}));
    }).listen(Number(process.argv[1]), '127.0.0.1');`;
  const backend = await startCommands(
    rig,
    { restless: model('', { command: [process.execPath, '-e', restless, '{port}'], sleep: 'vllm' }) },
    { deadlines: { sleepMs: 100 } },
  );
  const handle = await backend.load(await specOf(backend, rig, 'restless'), signal);
  const [cell] = backend.cells();
  await handle.unload(signal);
  expect(isAlive(cell?.pid ?? 0)).toBe(false);
  expect((await backend.inspect(signal)).residents).toEqual([]);
});

test('a model that wakes for one load is neither taken nor ended by another load of it', async () => {
  const rig = createRig([2048, 2048]);
  const backend = await startCommands(rig, {
    sleeper: model('--flavour vllm --model s --vram 1GiB', { sleep: 'vllm', parallel: 2 }),
  });
  const here = await specOf(backend, rig, 'sleeper');
  await (await backend.load(here, signal)).unload(signal);
  const [cell] = backend.cells();
  const there = await specOf(backend, rig, 'sleeper', { gpus: [1] });
  await Promise.all([here, here, there].map((spec) => backend.load(spec, signal)));
  expect(backend.cellStatistics).toEqual({ coldStarts: 3, warmStarts: 1 });
  const living = backend.cells().filter(({ status }) => status === 'READY');
  expect(new Set(living.map(({ pid }) => pid)).size).toBe(3);
  expect(living.map(({ pid }) => pid)).toContain(cell?.pid);
});

test('a server is ready when its path answers, and says why it is not', async () => {
  const server = await runVirtualOpenAi();
  try {
    const port = Number(new URL(server.url).port);
    const ask = (path: string | null) => readyProbe(path)(port, signal);
    await ask(null);
    await ask('/v1/models');
    expect(await rejection(ask('/nowhere'))).toMatchObject({ message: '/nowhere answers with status 404' });
    // Servers without a path for it have a list of models.
    server.faults.add({ kind: 'status', status: 404, path: '/health' });
    await ask(null);
    server.faults.add({ kind: 'status', status: 503 });
    expect(await rejection(ask(null))).toMatchObject({ message: '/health answers with status 503' });
    server.faults.add({ kind: 'status', status: 404, times: 2 });
    expect(await rejection(ask(null))).toMatchObject({
      message: expect.stringMatching(/name its path with ready/),
    });
  } finally {
    await server.stop();
  }
});

test('a server that dies takes no more jobs, and one that a killed server of ours left is taken over or ended', async () => {
  const rig = createRig();
  const models = { kept: model('--model kept --vram 1GiB'), changed: model('--model changed') };
  const first = await startCommands(rig, models, { keep: true });
  const kept = await first.load(await specOf(first, rig, 'kept'), signal);
  await first.load(await specOf(first, rig, 'changed'), signal);
  const pids = new Map(first.cells().map(({ modelName, pid }) => [modelName, pid]));
  await first.stop();
  expect(kept.cellId).toBeDefined();

  const second = await startCommands(rig, { ...models, changed: model('--model changed --speed 9') });
  const { residents } = await second.inspect(signal);
  expect(residents).toMatchObject([{ modelName: 'kept', vramBytes: 512 * MiB }]);
  expect(isAlive(pids.get('changed') ?? 0)).toBe(false);
  const [resident] = residents;
  if (!resident) throw new Error('It is not there.');
  const handle = second.adopt(resident, await specOf(second, rig, 'kept'));
  expect(await say(handle, 'kept')).toMatch(/\w/);

  process.kill(pids.get('kept') ?? 0, 'SIGKILL');
  expect(await rejection(say(handle, 'kept'))).toMatchObject({
    code: expect.stringMatching(/DIED|BACKEND_ERROR/),
  });
  await handle.unload(signal);
  expect((await second.inspect(signal)).residents).toEqual([]);
  expect(livingOn(rig)).toEqual([]);
});
