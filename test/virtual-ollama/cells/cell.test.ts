import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { objects, start } from '../client.ts';
import { GIB, MIB, VirtualMachine } from './virtual-machine.ts';

describe('a virtual ollama serve', () => {
  test('takes a free port, tells it and its GPUs as Ollama does, loads, answers, and ends with its engine', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell();
    expect(cell.log()).toMatch(
      /^time=\S+ level=INFO source=routes\.go:\d+ msg="Listening on 127\.0\.0\.1:\d+ \(version 0\.33\.0\)"$/m,
    );
    expect(cell.log()).toMatch(
      /msg="inference compute" id=GPU-\S+ filter_id="" library=CUDA .*total="4\.0 GiB"/,
    );

    const { status, value } = await cell.load('small:1b');
    expect({ status, value }).toMatchObject({
      status: 200,
      value: { model: 'small:1b', done: true, done_reason: 'load' },
    });
    const [engine] = machine.engines();
    expect(machine.commandLine(engine ?? 0)).toEqual(expect.arrayContaining(['--model', '-ngl', '999']));
    const [loaded] = await cell.ps();
    expect(loaded?.size_vram).toBe(loaded?.size);
    expect(machine.usedBytes()).toBe(loaded?.size);

    const answer = await cell.post('/api/generate', {
      model: 'small:1b',
      prompt: 'Hello',
      stream: false,
      options: { num_gpu: 999, num_predict: 5 },
    });
    expect(answer.value).toMatchObject({ done: true, done_reason: 'length', eval_count: 5 });
    expect(machine.count('loaded')).toBe(1);

    expect(await cell.end('SIGTERM')).toBe(0);
    expect(machine.processes()).toEqual([]);
    expect(machine.usedBytes()).toBe(0);
    expect(machine.events().map((event) => event.kind)).toEqual(['serve', 'start', 'loaded', 'exit', 'end']);
  });

  test('refuses to start without HOME, on a taken port, and with a model folder that is a file', async () => {
    await using machine = await VirtualMachine.create();
    const { HOME: _, ...homeless } = machine.environment();
    const cell = await machine.cell();
    const taken = { ...machine.environment(), OLLAMA_HOST: new URL(cell.url).host };
    const noFolder = { ...machine.environment(), OLLAMA_MODELS: `${machine.gpuFolder}/gpus.json` };
    for (const [environment, text] of [
      [homeless, /^Error: \$HOME is not defined$/m],
      [taken, /^Error: listen tcp 127\.0\.0\.1:\d+: bind: address already in use$/m],
      [noFolder, /^Error: mkdir \S+: not a directory: ensure path elements are traversable$/m],
    ] as const) {
      const { child, log } = machine.spawn(environment);
      await eventually(() => child.exitCode !== null);
      expect(child.exitCode).toBe(1);
      expect(readFileSync(log, 'utf8')).toMatch(text);
    }
  });

  test('makes a missing model folder and a key pair, and has no models then', async () => {
    await using machine = await VirtualMachine.create();
    const missing = `${machine.folder}/missing/models`;
    const cell = await machine.cell({ OLLAMA_MODELS: missing });
    const { value } = await cell.post('/api/generate', { model: 'small:1b' });
    expect(value).toEqual({ error: "model 'small:1b' not found" });
    expect(readdirSync(missing).sort()).toEqual(['blobs', 'manifests']);
    expect(readdirSync(`${machine.home}/.ollama`).sort()).toEqual(['id_ed25519', 'id_ed25519.pub']);
  });

  test('tells its version, and that no server answers', async () => {
    await using machine = await VirtualMachine.create();
    const { child, log } = machine.spawn({ ...machine.environment(), OLLAMA_HOST: '127.0.0.1:1' }, [
      '--version',
    ]);
    await eventually(() => child.exitCode !== null);
    expect(readFileSync(log, 'utf8')).toBe(
      'Warning: could not connect to a running Ollama instance\nWarning: client version is 0.33.0\n',
    );
  });

  test('passes its settings on: slots, context, cache type, keep-alive', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell({
      OLLAMA_NUM_PARALLEL: '4',
      OLLAMA_CONTEXT_LENGTH: '2048',
      OLLAMA_KV_CACHE_TYPE: 'q8_0',
      OLLAMA_KEEP_ALIVE: '5m',
    });
    await cell.load('small:1b');
    const event = machine.events().find(({ kind }) => kind === 'start');
    expect(event).toMatchObject({ numCtx: 2048, parallel: 4, numGpu: 999 });
    const cacheNumbers = 2 * 10 * 4 * 64 * 2048 * 4;
    expect(machine.usedBytes()).toBe(GIB + 300 * MIB + (cacheNumbers * 34) / 32);
    const wrong = await machine.cell({ OLLAMA_KV_CACHE_TYPE: 'q9_9' });
    const { status, value } = await wrong.load('small:1b');
    expect(status).toBe(500);
    expect(JSON.stringify(value)).toContain('Unsupported cache type');
  });
});

describe('cells that share a GPU', () => {
  test('see each other: what does not fit runs out of memory, or spills without num_gpu', async () => {
    await using machine = await VirtualMachine.create([2 * GIB]);
    const [first, second] = await Promise.all([
      machine.cell(),
      machine.cell({ LLAMA_ARG_FIT_TARGET: '100' }),
    ]);
    expect((await first.load('small:1b')).status).toBe(200);
    const refused = await second.load('other:1b');
    expect(refused.status).toBe(500);
    expect(refused.value).toEqual({
      error: expect.stringMatching(/^llama-server process has terminated: exit status 1: .*out of memory/s),
    });
    expect(machine.count('oom')).toBe(1);
    // Told to end before the answer, it may still be on its way out.
    await eventually(() => machine.engines().length === 1);

    const spilled = await second.post('/api/generate', { model: 'other:1b' });
    expect(spilled.status).toBe(200);
    const [resident] = await second.ps();
    expect(resident?.size_vram).toBeGreaterThan(0);
    expect(resident?.size_vram).toBeLessThan(resident?.size ?? 0);
    expect(machine.usedBytes()).toBeLessThanOrEqual(2 * GIB);
  });

  test('never overdraw it, however many load at once', async () => {
    await using machine = await VirtualMachine.create([3 * GIB]);
    const cells = await Promise.all([1, 2, 3, 4].map(() => machine.cell()));
    const answers = await Promise.all(cells.map((cell) => cell.load('small:1b', { num_ctx: 1024 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 500, 500]);
    expect(machine.usedBytes()).toBeLessThanOrEqual(3 * GIB);
    await eventually(() => machine.engines().length === 2);
  });

  test('are pinned to a card by UUID and library, and not by CUDA_VISIBLE_DEVICES alone', async () => {
    await using machine = await VirtualMachine.create([4 * GIB, 4 * GIB]);
    const [, second] = machine.memory.read();
    const uuid = second?.uuid ?? '';
    const pinned = await machine.cell({ CUDA_VISIBLE_DEVICES: uuid, OLLAMA_LLM_LIBRARY: 'cuda_v13' });
    const lines = pinned.log().match(/.*inference compute.*/g);
    expect(lines).toHaveLength(1);
    expect(lines?.[0]).toContain(`id=${uuid} `);
    expect((await pinned.load('small:1b')).status).toBe(200);
    expect([machine.usedBytes(0), machine.usedBytes(1) > 0]).toEqual([0, true]);

    const loose = await machine.cell({ CUDA_VISIBLE_DEVICES: uuid });
    expect(loose.log().match(/library=(CUDA|Vulkan)/g)).toEqual(['library=CUDA', 'library=Vulkan']);
    const cpu = await machine.cell({ OLLAMA_LLM_LIBRARY: 'cuda_v99' });
    expect(cpu.log()).toMatch(/inference compute" id=cpu library=cpu/);
    await cpu.load('other:1b');
    expect((await cpu.ps())[0]?.size_vram).toBe(0);
  });
});

describe('an engine', () => {
  test('outlives a killed server and holds its memory until it is killed itself', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell();
    await cell.load('small:1b');
    const held = machine.usedBytes();
    const [engine = 0] = machine.engines();
    expect(await cell.end('SIGKILL')).toBe('SIGKILL');
    expect(machine.engines()).toEqual([engine]);
    expect(machine.usedBytes()).toBe(held);
    process.kill(engine, 'SIGKILL');
    await eventually(() => machine.usedBytes() === 0);
    expect(machine.processes()).toEqual([]);
  });

  test('that was killed stays listed until the next request silently loads it again', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell();
    await cell.load('small:1b');
    const [engine = 0] = machine.engines();
    process.kill(engine, 'SIGKILL');
    await eventually(() => machine.count('exit') === 1);
    expect(machine.usedBytes()).toBe(0);
    expect(await cell.ps()).toHaveLength(1);
    const answer = await cell.post('/api/generate', {
      model: 'small:1b',
      prompt: 'Hello',
      stream: false,
      options: { num_gpu: 999, num_predict: 3 },
    });
    expect(answer).toMatchObject({ status: 200, value: { eval_count: 3 } });
    expect(machine.engines()).toHaveLength(1);
    expect(machine.engines()).not.toEqual([engine]);
    expect(machine.count('loaded')).toBe(2);
  });

  test('that is killed in mid-stream ends the stream with an error', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell({ VIRTUAL_SPEED: '1', VIRTUAL_LOAD_BASE: '0', VIRTUAL_GBPS: '100' });
    await cell.load('small:1b');
    const asking = start(cell.url, '/api/generate', {
      model: 'small:1b',
      prompt: 'Hello',
      options: { num_gpu: 999, num_predict: 2000 },
    });
    await asking.firstBytes;
    for (const engine of machine.engines()) process.kill(engine, 'SIGKILL');
    const answered = await asking.answer;
    expect(answered.status).toBe(200);
    expect(objects(answered).at(-1)).toEqual({
      error: 'an error was encountered while running the model: unexpected EOF',
    });
  });

  test('that is killed in its load fails the load', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell({ VIRTUAL_SPEED: '1', VIRTUAL_LOAD_BASE: '60' });
    const loading = cell.load('small:1b');
    await eventually(() => machine.engines().length === 1);
    for (const engine of machine.engines()) process.kill(engine, 'SIGKILL');
    expect(await loading).toEqual({
      status: 500,
      value: { error: 'llama-server process has terminated: signal: killed' },
    });
  });

  test('that is stopped falls silent, and the next request replaces it', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell();
    await cell.load('small:1b');
    const [engine = 0] = machine.engines();
    process.kill(engine, 'SIGSTOP');
    expect((await cell.load('small:1b')).status).toBe(200);
    expect(machine.engines()).toHaveLength(1);
    expect(machine.engines()).not.toContain(engine);
  });

  test('is replaced for another context, thread count or shift, and unloaded by a keep_alive of a request', async () => {
    await using machine = await VirtualMachine.create();
    const cell = await machine.cell();
    await cell.load('small:1b');
    await cell.load('small:1b');
    expect(machine.count('loaded')).toBe(1);
    await cell.load('small:1b', { num_ctx: 2048 });
    await cell.load('small:1b', { num_ctx: 2048, num_thread: 3 });
    const options = { num_gpu: 999, num_ctx: 2048, num_thread: 3 };
    await cell.post('/api/generate', { model: 'small:1b', shift: false, options });
    expect(machine.count('loaded')).toBe(4);
    await cell.post('/api/generate', { model: 'small:1b', shift: false, options, keep_alive: '10ms' });
    await eventually(async () => (await cell.ps()).length === 0);
    expect(machine.usedBytes()).toBe(0);
  });
});

describe('faults of a machine', () => {
  test('are counted down across processes', async () => {
    await using machine = await VirtualMachine.create();
    machine.faults.set({ exitAtStart: 1, oomOnLoad: 1 });
    const failing = machine.spawn(machine.environment());
    await eventually(() => failing.child.exitCode !== null);
    expect(failing.child.exitCode).toBe(1);
    const cell = await machine.cell();
    expect((await cell.load('small:1b')).status).toBe(500);
    expect((await cell.load('small:1b')).status).toBe(200);
    machine.faults.set({ dieMidStream: 1 });
    const body = { model: 'small:1b', prompt: 'Hi', options: { num_gpu: 999, num_predict: 10 } };
    const answered = await start(cell.url, '/api/generate', body).answer;
    expect(objects(answered).at(-1)).toHaveProperty('error');
    await eventually(() => machine.engines().length === 0);
    expect(machine.faults.state).toMatchObject({ exitAtStart: 0, oomOnLoad: 0, dieMidStream: 0 });
  });

  test('keep the port from being told', async () => {
    await using machine = await VirtualMachine.create();
    machine.faults.set({ noPort: 1 });
    const { child, log } = machine.spawn(machine.environment());
    await eventually(() => readFileSync(log, 'utf8').includes('inference compute'));
    expect(readFileSync(log, 'utf8')).not.toContain('Listening on');
    process.kill(child.pid ?? 0, 'SIGTERM');
    await eventually(() => child.exitCode !== null);
  });

  test('hang the discovery: connections wait, and the end of the server leaves a child without a model', async () => {
    await using machine = await VirtualMachine.create();
    machine.faults.set({ hangDiscovery: 1 });
    const { child, log } = machine.spawn(machine.environment({ VIRTUAL_SPEED: '0.01' }));
    await eventually(() => readFileSync(log, 'utf8').includes('discovering'));
    const port = Number(/Listening on 127\.0\.0\.1:(\d+)/.exec(readFileSync(log, 'utf8'))?.[1]);
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();
    await eventually(() => machine.processes().length === 2);
    process.kill(child.pid ?? 0, 'SIGTERM');
    await eventually(() => child.exitCode !== null);
    const [left = 0, ...others] = machine.processes();
    expect(others).toEqual([]);
    expect(machine.commandLine(left)).toContain('--list-devices');
    expect(machine.commandLine(left)).not.toContain('--model');
  });
});
