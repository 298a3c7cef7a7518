import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Faults } from '../../src/virtual-ollama/faults.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../src/virtual-ollama/server.ts';
import { eventually } from '../support/eventually.ts';
import { MIB, thinModel } from './bench.ts';
import { ask, askJson, objects, start } from './client.ts';

const question = { model: 'a', prompt: 'x', options: { num_predict: 10 } };
let server: RunningVirtualOllama;
let url: string;

beforeEach(async () => {
  server = await runVirtualOllama({
    catalog: [thinModel('a', 100), thinModel('b', 100)],
    library: [thinModel('far', 200)],
    gpus: [{ totalBytes: 1_000 * MIB }],
    speed: 50,
  });
  ({ url } = server);
});
afterEach(() => server.stop());

const setFaults = (faults: Partial<Faults>) => ask(url, '/virtual/faults', faults, { method: 'PUT' });

describe('faults over HTTP', () => {
  test('an engine that dies in mid-stream: status 200, an error line, no done', async () => {
    await setFaults({ dieMidStream: 1 });
    const answered = await ask(url, '/api/generate', question);
    expect(answered.status).toBe(200);
    expect(objects(answered)).toHaveLength(6);
    expect(objects(answered).at(-1)).toEqual({
      error: 'an error was encountered while running the model: unexpected EOF',
    });
    expect((await askJson(url, '/api/generate', { ...question, stream: false })).value.done).toBe(true);
  });

  test('the same without streaming: status 500', async () => {
    await setFaults({ dieMidStream: 1 });
    expect((await askJson(url, '/api/generate', { ...question, stream: false })).status).toBe(500);
  });

  test('an engine that dies while embedding: 400, though nothing was wrong with the request', async () => {
    await setFaults({ dieMidStream: 1 });
    const answered = await askJson(url, '/api/embed', { model: 'a', input: 'x' });
    expect(answered.status).toBe(400);
    expect(answered.value.error).toMatch(/EOF$/);
  });

  test('a stream without done ends all the same; as one object it says done: false', async () => {
    await setFaults({ endWithoutDone: 2 });
    const answered = await ask(url, '/api/generate', question);
    expect(answered.cut).toBe(false);
    expect(objects(answered).every((line) => line.done === false)).toBe(true);
    const whole = await askJson(url, '/api/generate', { ...question, stream: false });
    expect(whole.status).toBe(200);
    expect(whole.value.done).toBe(false);
    expect(whole.value.eval_count).toBeUndefined();
  });

  test('a line of garbage stands in the middle of a good stream', async () => {
    await setFaults({ garbageLine: 1 });
    const lines = (await ask(url, '/api/generate', question)).body.trim().split('\n');
    const bad = lines.filter((line) => {
      try {
        JSON.parse(line);
        return false;
      } catch {
        return true;
      }
    });
    expect(bad).toHaveLength(1);
    expect(JSON.parse(lines.at(-1) ?? '').done).toBe(true);
  });

  test('a pull breaks off half-way, and the next one goes on from there', async () => {
    await setFaults({ failMidPull: 1 });
    const broken = objects(await ask(url, '/api/pull', { model: 'far' }));
    expect(broken.at(-1)).toEqual({ error: 'max retries exceeded: unexpected EOF' });
    const reached = Number(broken.at(-2)?.completed);
    expect(reached).toBeGreaterThan(0);
    const again = objects(await ask(url, '/api/pull', { model: 'far' }));
    expect(again[1]?.completed).toBe(reached);
    expect(again.at(-1)).toEqual({ status: 'success' });
  });

  test('a pull finds the disk full half-way, and the next one goes on from there', async () => {
    await setFaults({ fullDiskMidPull: 1 });
    const broken = objects(await ask(url, '/api/pull', { model: 'far' }));
    expect(broken.at(-1)?.error).toMatch(
      /^write \/.*\/blobs\/sha256-[0-9a-f]{64}-partial: no space left on device$/,
    );
    const again = objects(await ask(url, '/api/pull', { model: 'far' }));
    expect(again[1]?.completed).toBe(broken.at(-2)?.completed);
    expect(again.at(-1)).toEqual({ status: 'success' });
  });

  test('a stalled stream keeps its slot until the client gives up', async () => {
    await setFaults({ stallMidStream: 1 });
    const stalled = start(url, '/api/generate', question);
    await stalled.firstBytes;
    const next = start(url, '/api/generate', { ...question, stream: false });
    await eventually(() => server.core.scheduler.runners()[0]?.engine.waiting === 1);
    stalled.abort();
    expect((await next.answer).status).toBe(200);
  });

  test('out of memory in mid-work: every model goes', async () => {
    await askJson(url, '/api/generate', { model: 'b' });
    await setFaults({ oomMidStream: 1 });
    const answered = await askJson(url, '/api/generate', { ...question, stream: false });
    expect(answered.value.error).toContain('out of memory');
    await eventually(async () => (await askJson(url, '/api/ps')).value.models.length === 0);
  });

  test('a load killed by the kernel says so', async () => {
    await setFaults({ crashOnLoad: 1 });
    const answered = await askJson(url, '/api/generate', question);
    expect(answered).toEqual({
      status: 500,
      value: { error: 'llama-server process has terminated: signal: killed' },
    });
  });

  test('500 as often as asked for', async () => {
    await setFaults({ http500: 2 });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await ask(url, '/api/tags')).status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  test('down: connections are cut, but for the control routes', async () => {
    await setFaults({ down: true });
    await expect(ask(url, '/api/version')).rejects.toThrow();
    await setFaults({ down: false });
    expect((await ask(url, '/api/version')).status).toBe(200);
  });

  test('a paused server refuses connections, and its models are still there when it is back', async () => {
    await askJson(url, '/api/generate', { model: 'a' });
    await server.pause();
    await expect(ask(url, '/api/version')).rejects.toThrow(/ECONNREFUSED/);
    await server.resume();
    expect((await askJson(url, '/api/ps')).value.models).toHaveLength(1);
  });

  test('a client that leaves during the load loses it for the next one, too', async () => {
    await setFaults({ hangLoad: 1 });
    const first = start(url, '/api/generate', question);
    await eventually(() => server.core.events.of('load-started').length === 1);
    const second = start(url, '/api/generate', { ...question, stream: false });
    await eventually(() => server.core.scheduler.queued === 1);
    first.abort();
    expect((await second.answer).status).toBe(200);
    expect(server.core.events.of('load-started')).toHaveLength(2);
    expect(server.core.events.of('loaded')).toHaveLength(1);
  });

  test('an aborted stream frees its slot, and the model is idle', async () => {
    const long = start(url, '/api/generate', { ...question, options: { num_predict: 100_000 } });
    await long.firstBytes;
    long.abort();
    await eventually(() => server.core.scheduler.runners()[0]?.references === 0);
    expect((await askJson(url, '/api/generate', { ...question, stream: false })).value.done).toBe(true);
  });

  test('slow /api/ps answers in the end', async () => {
    await setFaults({ slowPsMs: 30 });
    expect((await askJson(url, '/api/ps')).value.models).toEqual([]);
  });

  test('an unload is answered at once, while the model still works', async () => {
    await setFaults({ stallMidStream: 1 });
    const running = start(url, '/api/generate', question);
    await running.firstBytes;
    const unload = await askJson(url, '/api/generate', { model: 'a', keep_alive: 0 });
    expect(unload.value).toMatchObject({ done: true, done_reason: 'unload' });
    expect((await askJson(url, '/api/ps')).value.models).toHaveLength(1);
    running.abort();
    await eventually(async () => (await askJson(url, '/api/ps')).value.models.length === 0);
  });
});
