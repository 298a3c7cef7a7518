import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextTurn, systemClock, VirtualClock } from '../../../src/clock.ts';
import type { Backend } from '../../../src/domain/backend.ts';
import type { PullProgress } from '../../../src/domain/model-operations.ts';
import {
  type Regime,
  type RunningVirtualOllama,
  runVirtualOllama,
} from '../../../src/virtual-ollama/index.ts';
import { deadUrl, httpServer, json, ndjson } from './raw-server.ts';
import { attached, failureOf, NEVER } from './worlds.ts';

const MODEL = 'smollm:360m';

async function pull(backend: Backend, model = MODEL, signal = NEVER) {
  const lines: PullProgress[] = [];
  const failure = await backend.library
    .pull(model, (line) => lines.push(line), signal)
    .then(
      () => null,
      (error: unknown) => error,
    );
  return { lines, steps: lines.map(({ step }) => step), failure };
}

describe.each<Regime>(['llama-server', 'classic'])('the library of a virtual Ollama (%s)', (regime) => {
  let ollama: RunningVirtualOllama;
  let backend: Backend;
  beforeEach(async () => {
    ollama = await runVirtualOllama({ regime, speed: 50 });
    backend = attached(ollama.url);
  });
  afterEach(async () => {
    await backend.stop();
    await ollama.stop();
  });
  const names = async () => (await backend.library.list(NEVER)).map(({ name }) => name);

  test('loses a model and gets it back, told step by step', async () => {
    await backend.library.delete(MODEL, NEVER);
    expect(await names()).not.toContain(MODEL);
    const { lines, steps, failure } = await pull(backend);
    expect(failure).toBeNull();
    expect(steps[0]).toBe('pulling manifest');
    expect(steps.at(-1)).toBe('success');
    const bytes = lines.flatMap(({ layer }) => layer?.completedBytes ?? []);
    expect(bytes[0]).toBe(0);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(bytes.at(-1)).toBe(lines.find(({ layer }) => layer)?.layer?.totalBytes);
    expect(await names()).toContain(MODEL);
  });

  test('copies a model, which then shares its weights', async () => {
    await backend.library.copy(MODEL, 'mine', NEVER);
    const models = await backend.library.list(NEVER);
    const weights = (name: string) => models.find((model) => model.name === name)?.weights;
    expect(weights('mine:latest')).toBe(weights(MODEL));
  });

  test('knows what it has not, wherever that is asked', async () => {
    const { library } = backend;
    expect((await failureOf(library.delete('nothing', NEVER))).code).toBe('MODEL_NOT_FOUND');
    expect((await failureOf(library.copy('nothing', 'mine', NEVER))).code).toBe('MODEL_NOT_FOUND');
    expect((await failureOf(library.copy(MODEL, 'a b', NEVER))).code).toBe('REQUEST_REJECTED');
    expect((await failureOf(library.delete('a b', NEVER))).code).toBe('REQUEST_REJECTED');
    expect((await pull(backend, 'nothing')).failure).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      remedy: 'none',
    });
    expect((await pull(backend, 'a b')).failure).toMatchObject({ code: 'REQUEST_REJECTED' });
    expect((await pull(backend, 'registry.invalid/x/y')).failure).toMatchObject({
      code: 'BACKEND_ERROR',
      remedy: 'retry',
      message: expect.stringContaining('no such host'),
    });
  });

  test('goes on where a pull broke off, whether the registry or the caller broke it', async () => {
    await backend.library.delete(MODEL, NEVER);
    ollama.core.faults.set({ failMidPull: 1 });
    const broken = await pull(backend);
    expect(broken.failure).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'retry' });
    const reached = Math.max(...broken.lines.map(({ layer }) => layer?.completedBytes ?? 0));
    expect(reached).toBeGreaterThan(0);
    const ending = new AbortController();
    const reason = new Error('Enough.');
    let first: number | undefined;
    const again = backend.library.pull(
      MODEL,
      ({ layer }) => {
        if (!layer) return;
        first ??= layer.completedBytes;
        ending.abort(reason);
      },
      ending.signal,
    );
    await expect(again).rejects.toBe(reason);
    expect(first).toBe(reached);
    expect(await names()).not.toContain(MODEL);
    expect((await pull(backend)).failure).toBeNull();
    expect(await names()).toContain(MODEL);
  });

  test('gives up a pull that gets no further although lines keep coming, and goes on with the next', async () => {
    await using impatient = attached(ollama.url, { deadlines: { pullStillMs: 300 } });
    await backend.library.delete(MODEL, NEVER);
    ollama.core.faults.set({ stallMidPull: 1 });
    const { failure, lines } = await pull(impatient);
    expect(failure).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'retry' });
    const latest = lines.at(-1);
    expect(
      lines.filter((line) => line.layer?.completedBytes === latest?.layer?.completedBytes).length,
    ).toBeGreaterThan(3);
    expect((await pull(backend)).failure).toBeNull();
  });
});

describe('a pull over any server', () => {
  test('has failed when the stream ends without the word', async () => {
    await using server = await httpServer((_request, response) =>
      ndjson(response, { status: 'pulling manifest' }, { status: 'writing manifest' }),
    );
    await using backend = attached(server.url);
    expect((await pull(backend)).failure).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'retry' });
    expect(server.requests[0]?.body).toEqual({ model: MODEL, stream: true });
  });

  test('tells a failure that is the first answer, one in the stream and a broken connection apart from success', async () => {
    let answer = 0;
    await using server = await httpServer((_request, response) => {
      answer += 1;
      if (answer === 1) json(response, 500, { error: 'write /models/blobs/x: no space left on device' });
      else if (answer === 2) ndjson(response, { status: 'pulling manifest' }, { error: 'something new' });
      else {
        response.writeHead(200).write('{"status":"pulling manifest"}\n', () => response.destroy());
      }
    });
    await using backend = attached(server.url);
    expect((await pull(backend)).failure).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'none' });
    expect((await pull(backend)).failure).toMatchObject({ code: 'BACKEND_ERROR', remedy: 'retry' });
    expect((await pull(backend)).failure).toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    await using dead = attached(await deadUrl());
    expect((await pull(dead)).failure).toMatchObject({ code: 'BACKEND_UNREACHABLE', remedy: 'wait' });
  });

  test('lives through lines of kinds that nobody knows yet', async () => {
    await using server = await httpServer((_request, response) =>
      ndjson(
        response,
        { surprise: 1 },
        { status: 'pulling model', total: 5 },
        { status: 'pulling x', digest: 'sha256:x', total: 5, completed: 9 },
        { status: 'success' },
      ),
    );
    await using backend = attached(server.url);
    const { failure, lines } = await pull(backend);
    expect(failure).toBeNull();
    expect(lines).toEqual([
      { step: 'pulling model', layer: null },
      { step: 'pulling x', layer: { digest: 'sha256:x', completedBytes: 5, totalBytes: 5 } },
      { step: 'success', layer: null },
    ]);
  });

  test('gives the checking of what arrived more time than a download that stands still', async () => {
    const clock = new VirtualClock();
    const held = Promise.withResolvers<() => void>();
    await using server = await httpServer((_request, response) => {
      response
        .writeHead(200)
        .write(
          `${JSON.stringify({ status: 'pulling x', digest: 'x', total: 1, completed: 1 })}\n{"status":"verifying sha256 digest"}\n`,
        );
      held.resolve(() => response.end('{"status":"success"}\n'));
    });
    await using backend = attached(server.url, { clock });
    const verifying = Promise.withResolvers<void>();
    const pulled = backend.library.pull(
      MODEL,
      ({ layer }) => {
        if (!layer) verifying.resolve();
      },
      NEVER,
    );
    await verifying.promise;
    // The watch is told right after the caller is.
    await nextTurn();
    clock.advance(30 * 60_000);
    (await held.promise)();
    await pulled;
    expect(clock.nextDue()).toBeUndefined();
  });

  test('ends its request when it is broken off', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await httpServer((_request, response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200).write('{"status":"pulling manifest"}\n');
    });
    await using backend = attached(server.url, { clock: systemClock });
    const ending = new AbortController();
    const pulled = backend.library.pull(MODEL, () => ending.abort(new Error('Enough.')), ending.signal);
    await expect(pulled).rejects.toThrow('Enough.');
    await closed.promise;
  });
});
