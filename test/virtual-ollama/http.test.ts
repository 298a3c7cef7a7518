import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { eventually } from '../support/eventually.ts';
import { GIB, MIB, thinModel } from './bench.ts';
import { ask, askJson, objects } from './client.ts';

const catalog = [thinModel('a', 100), thinModel('b', 100)];
let server: RunningVirtualOllama;
let url: string;

beforeAll(async () => {
  server = await runVirtualOllama({
    catalog,
    library: [thinModel('remote', 10)],
    gpus: [{ totalBytes: 2 * GIB }],
    speed: 50,
  });
  ({ url } = server);
});
afterAll(() => server.stop());

describe('the library', () => {
  test('a pull reports its progress and adds the model; a second one finds it there', async () => {
    const lines = objects(await ask(url, '/api/pull', { model: 'remote' }));
    expect(lines[0]).toEqual({ status: 'pulling manifest' });
    expect(lines.some((line) => Number(line.completed) > 0 && line.total === 10 * MIB)).toBe(true);
    expect(lines.at(-1)).toEqual({ status: 'success' });
    const again = await askJson(url, '/api/pull', { model: 'remote', stream: false });
    expect(again.value).toEqual({ status: 'success' });
    const show = await askJson(url, '/api/show', { model: 'remote' });
    expect(show.value.model_info['llama.block_count']).toBe(31);
  });

  test('a model that the registry has not: status 200, and the error in the stream', async () => {
    const answered = await ask(url, '/api/pull', { model: 'nowhere' });
    expect(answered.status).toBe(200);
    expect(objects(answered)).toEqual([
      { status: 'pulling manifest' },
      { error: 'pull model manifest: file does not exist' },
    ]);
  });

  test('a model made from another shares its runner, until its parameters differ', async () => {
    await ask(url, '/api/create', { model: 'a-polite', from: 'a', system: 'Be polite.' });
    await askJson(url, '/api/generate', { model: 'a' });
    server.core.events.clear();
    await askJson(url, '/api/generate', { model: 'a-polite' });
    expect(server.core.events.of('loaded')).toHaveLength(0);
    await ask(url, '/api/create', { model: 'a-short', from: 'a', parameters: { num_ctx: 300 } });
    await askJson(url, '/api/generate', { model: 'a-short' });
    expect(server.core.events.of('unloaded').map(({ cause }) => cause)).toEqual(['reloaded']);
    for (const model of ['a-polite', 'a-short'])
      await ask(url, '/api/delete', { model }, { method: 'DELETE' });
  });

  test('a deleted model stays loaded, and is not found by name', async () => {
    await ask(url, '/api/copy', { source: 'b', destination: 'gone' });
    await askJson(url, '/api/generate', { model: 'b', keep_alive: 0 });
    await eventually(() => !server.core.scheduler.runners().some(({ model }) => model.name.model === 'b'));
    await askJson(url, '/api/generate', { model: 'gone' });
    await ask(url, '/api/delete', { model: 'gone' }, { method: 'DELETE' });
    const ps = (await askJson(url, '/api/ps')).value.models as { name: string }[];
    expect(ps.map(({ name }) => name)).toContain('gone:latest');
    expect((await askJson(url, '/api/generate', { model: 'gone', prompt: 'x' })).status).toBe(404);
  });

  test('arrays of /api/show are null unless it is verbose', async () => {
    const key = 'tokenizer.ggml.tokens';
    expect((await askJson(url, '/api/show', { model: 'a' })).value.model_info[key]).toBeNull();
    expect(
      (await askJson(url, '/api/show', { model: 'a', verbose: true })).value.model_info[key],
    ).toHaveLength(400);
  });
});

describe('who may call', () => {
  test.each([
    ['localhost', 200],
    ['box.local:80', 200],
    ['10.1.2.3', 200],
    ['[::1]:1', 200],
    ['example.com', 403],
    ['8.8.8.8', 403],
  ])('Host %s: %i', async (host, status) => {
    expect((await ask(url, '/api/version', undefined, { headers: { host } })).status).toBe(status);
  });

  test('a page of a foreign origin may not; a local one gets its headers', async () => {
    expect(
      (await ask(url, '/api/version', undefined, { headers: { origin: 'https://evil.example' } })).status,
    ).toBe(403);
    const preflight = await ask(url, '/api/chat', undefined, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('http://localhost:3000');
  });
});

describe('the control routes', () => {
  test('tell each card, its processes, and the text of nvidia-smi', async () => {
    await askJson(url, '/api/generate', { model: 'a' });
    await ask(url, '/virtual/foreign', { gpu: 0, bytes: 300 * MIB }, { method: 'PUT' });
    const [gpu] = (await askJson(url, '/virtual/gpus')).value.gpus;
    expect(gpu.usedBytes + gpu.freeBytes).toBe(gpu.totalBytes);
    expect(gpu.processes.map((process: { name: string }) => process.name)).toContain('other');
    const csv = await ask(url, '/virtual/nvidia-smi');
    const used = Math.ceil(gpu.usedBytes / MIB);
    expect(csv.body).toBe(`0, ${gpu.uuid}, Virtual GPU, 2048, ${used}, ${2_048 - used}\n`);
    await ask(url, '/virtual/foreign', { gpu: 0, bytes: 0 }, { method: 'PUT' });
  });

  test('refuse what they do not know', async () => {
    const refused = await askJson(url, '/virtual/faults', { oomOnLaod: 1 }, { method: 'PUT' });
    expect(refused.status).toBe(400);
  });
});
