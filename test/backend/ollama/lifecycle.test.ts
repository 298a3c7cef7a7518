import { describe, expect, test } from 'vitest';
import { SpilledError } from '../../../src/domain/errors.ts';
import { httpServer, json, type RawServer } from './raw-server.ts';
import { attached, failureOf, NEVER, specOf, variantOf } from './worlds.ts';

const DIGEST = 'd'.repeat(64);
const ENTRY = {
  name: 'm:latest',
  digest: DIGEST,
  size: 2000,
  size_vram: 1500,
  context_length: 4096,
  expires_at: '2318-01-01T00:00:00Z',
};

interface Memory {
  /** What `/api/ps` lists, or null to keep silent. */
  list(): readonly unknown[] | null;
  /** Answers a generate or embed request. */
  act?(body: Record<string, unknown>): { readonly status: number; readonly body: unknown };
}

function memoryServer(memory: Memory): Promise<RawServer> {
  return httpServer((request, response) => {
    if (request.path === '/api/ps') {
      const models = memory.list();
      return models === null ? undefined : json(response, 200, { models });
    }
    const answer = memory.act?.(request.body) ?? { status: 200, body: { done: true } };
    return json(response, answer.status, answer.body);
  });
}

const inference = (server: RawServer) =>
  server.requests.filter((request) => request.path === '/api/generate' || request.path === '/api/embed');

describe('loading', () => {
  test('asks with an empty request that names the options and keeps the model for ever', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    const backend = attached(server.url);
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    expect(handle.measured).toEqual({ sizeBytes: 2000, vramBytes: 1500 });
    expect(inference(server)).toMatchObject([
      {
        path: '/api/generate',
        body: { model: 'm:latest', options: { num_ctx: 4096, num_gpu: 999 }, keep_alive: -1, stream: false },
      },
    ]);
    expect(inference(server)[0]?.body).not.toHaveProperty('prompt');
    await backend.stop();
  });

  test('fails where a part went to the CPU although all of it was to lie on GPUs', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    await using backend = attached(server.url);
    const spec = { ...specOf(variantOf('m:latest')), gpus: [{ key: 'GPU-0', index: 0 }] };
    const failure = await failureOf(backend.load(spec, NEVER));
    expect(failure).toBeInstanceOf(SpilledError);
    expect(failure).toMatchObject({ code: 'OUT_OF_MEMORY', sizeBytes: 2000, vramBytes: 1500 });
    const mayBeInPart = variantOf('m:latest', { options: { num_ctx: 4096 } });
    const handle = await backend.load({ ...spec, variant: mayBeInPart }, NEVER);
    expect(handle.measured).toEqual({ sizeBytes: 2000, vramBytes: 1500 });
  });

  test('loads an embedding model by an empty embedding, because generate refuses it', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    await using backend = attached(server.url);
    await backend.load(specOf(variantOf('m:latest', { embedding: true })), NEVER);
    expect(inference(server)).toMatchObject([{ path: '/api/embed', body: { input: [], keep_alive: -1 } }]);
  });

  test('tells the context that the server really gave', async () => {
    await using server = await memoryServer({ list: () => [{ ...ENTRY, context_length: 2048 }] });
    await using backend = attached(server.url);
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    expect(handle.variant).toMatchObject({ contextLength: 2048, options: { num_ctx: 4096 } });
  });

  test('fails when the model is gone again at once', async () => {
    await using server = await memoryServer({ list: () => [] });
    await using backend = attached(server.url);
    const failure = await failureOf(backend.load(specOf(variantOf('m:latest')), NEVER));
    expect([failure.code, failure.remedy]).toEqual(['LOAD_FAILED', 'retry']);
  });

  test('is done although the list is slow to come, only not measured', async () => {
    await using server = await memoryServer({ list: () => null });
    await using backend = attached(server.url, { deadlines: { controlMs: 100, farewellMs: 50 } });
    expect((await backend.load(specOf(variantOf('m:latest')), NEVER)).measured).toBeNull();
  });

  test('names a failure that Ollama does not name a failed load', async () => {
    const act = () => ({ status: 500, body: { error: 'something new' } });
    await using server = await memoryServer({ list: () => [], act });
    await using backend = attached(server.url);
    const failure = await failureOf(backend.load(specOf(variantOf('m:latest')), NEVER));
    expect([failure.code, failure.remedy]).toEqual(['LOAD_FAILED', 'retry']);
  });

  test('ends by the signal with its reason', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await httpServer(() => arrived.resolve());
    await using backend = attached(server.url);
    const controller = new AbortController();
    const loading = backend.load(specOf(variantOf('m:latest')), controller.signal);
    const reason = new Error('watchdog');
    const outcome = expect(loading).rejects.toBe(reason);
    await arrived.promise;
    controller.abort(reason);
    await outcome;
  });
});

describe('unloading', () => {
  test('waits until the model is no longer listed', async () => {
    let looks = 0;
    await using server = await memoryServer({ list: () => (++looks > 5 ? [] : [ENTRY]) });
    await using backend = attached(server.url);
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    await handle.unload(NEVER);
    expect(looks).toBe(6);
    expect(inference(server).at(-1)).toMatchObject({
      path: '/api/generate',
      body: { model: 'm:latest', keep_alive: 0 },
    });
    expect(inference(server)).toHaveLength(2);
  });

  test('gives up, with a reason, on a model that others keep', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    await using backend = attached(server.url, { deadlines: { unloadMs: 150 } });
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    const failure = await failureOf(handle.unload(NEVER));
    expect([failure.code, failure.remedy]).toEqual(['BACKEND_ERROR', 'retry']);
    expect(failure.message).toContain('m:latest');
  });

  test('waits on when the list does not come in time', async () => {
    let looks = 0;
    await using server = await memoryServer({
      list: () => {
        looks += 1;
        return looks === 1 ? [ENTRY] : looks < 4 ? null : [];
      },
    });
    await using backend = attached(server.url, { deadlines: { controlMs: 100 } });
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    await handle.unload(NEVER);
    expect(looks).toBe(4);
  });

  test('uses another name of the weights when the one that loaded them was deleted', async () => {
    let loaded = true;
    const tags = ['m:latest', 'alias:latest'].map((name) => ({ name, digest: DIGEST, size: 1 }));
    await using server = await httpServer((request, response) => {
      if (request.path === '/api/tags') return json(response, 200, { models: tags });
      if (request.path === '/api/show') {
        return json(response, 200, { modelfile: `FROM /blobs/sha256-${'e'.repeat(64)}` });
      }
      if (request.path === '/api/ps') return json(response, 200, { models: loaded ? [ENTRY] : [] });
      if (request.body.model === 'alias:latest') {
        loaded = false;
        return json(response, 200, { done: true });
      }
      return request.body.keep_alive === 0
        ? json(response, 404, { error: "model 'm:latest' not found" })
        : json(response, 200, { done: true });
    });
    await using backend = attached(server.url);
    await backend.library.list(NEVER);
    const handle = await backend.load(specOf(variantOf('m:latest', { weights: 'e'.repeat(64) })), NEVER);
    await handle.unload(NEVER);
    expect(loaded).toBe(false);
  });

  test('ends by the signal with its reason', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    await using backend = attached(server.url);
    const handle = await backend.load(specOf(variantOf('m:latest')), NEVER);
    const reason = new Error('shutdown');
    const controller = new AbortController();
    const outcome = expect(handle.unload(controller.signal)).rejects.toBe(reason);
    controller.abort(reason);
    await outcome;
  });
});

describe('stopping', () => {
  test('gives what we hold the default keep-alive back, with the options that it was loaded with', async () => {
    await using server = await memoryServer({ list: () => [ENTRY] });
    const backend = attached(server.url);
    await backend.load(specOf(variantOf('m:latest')), NEVER);
    await backend.stop();
    expect(inference(server).at(-1)?.body).toEqual({
      model: 'm:latest',
      options: { num_ctx: 4096, num_gpu: 999 },
      keep_alive: '5m',
      stream: false,
    });
  });

  test.each([
    ['that is gone, which the request would load again', []],
    ['that another client reloaded, which the request would reload', [{ ...ENTRY, context_length: 8192 }]],
  ])('leaves a model alone %s', async (_what, later) => {
    let list: readonly unknown[] = [ENTRY];
    await using server = await memoryServer({ list: () => list });
    const backend = attached(server.url);
    await backend.load(specOf(variantOf('m:latest')), NEVER);
    list = later;
    await backend.stop();
    expect(inference(server)).toHaveLength(1);
  });

  test('touches neither what was unloaded nor what was only adopted', async () => {
    let list: readonly unknown[] = [ENTRY];
    await using server = await memoryServer({
      list: () => list,
      act: (body) => {
        if (body.keep_alive === 0) list = [];
        return { status: 200, body: { done: true } };
      },
    });
    const backend = attached(server.url);
    const loaded = await backend.load(specOf(variantOf('m:latest')), NEVER);
    await loaded.unload(NEVER);
    list = [ENTRY];
    const [resident] = (await backend.inspect(NEVER).catch(() => ({ residents: [] }))).residents;
    if (resident) backend.adopt(resident, specOf(variantOf('m:latest')));
    await backend.stop();
    expect(inference(server)).toHaveLength(2);
  });

  test('does not wait for a server that does not answer', async () => {
    let silent = false;
    await using server = await memoryServer({ list: () => (silent ? null : [ENTRY]) });
    const backend = attached(server.url, { deadlines: { farewellMs: 100 } });
    await backend.load(specOf(variantOf('m:latest')), NEVER);
    silent = true;
    await backend.stop();
    expect(inference(server)).toHaveLength(1);
  });
});

describe('what is in memory', () => {
  test('is told by canonical names, with for ever as null, an overflowed for ever too', async () => {
    const list = [
      { ...ENTRY, name: 'LLaMA3' },
      { ...ENTRY, name: 'b:1', expires_at: '1734-08-12T01:19:21.286744921Z' },
      { ...ENTRY, name: 'c:1', expires_at: '2026-11-21T01:11:33.195070447+02:00' },
      { name: 'old:1', digest: DIGEST, size: 5 },
    ];
    await using server = await httpServer((request, response) =>
      json(response, 200, request.path === '/api/version' ? { version: '0.0.0' } : { models: list }),
    );
    await using backend = attached(server.url);
    const { version, residents } = await backend.inspect(NEVER);
    expect(version).toBe('0.0.0');
    expect(residents.map((resident) => [resident.modelName, resident.expiresAt])).toEqual([
      ['llama3:latest', null],
      ['b:1', null],
      ['c:1', Date.parse('2026-11-21T01:11:33.195+02:00')],
      ['old:1', null],
    ]);
    expect(residents[3]).toMatchObject({ sizeBytes: 5, vramBytes: 0, contextLength: null });
  });

  test('is empty also where the server says null', async () => {
    await using server = await httpServer((request, response) =>
      json(response, 200, request.path === '/api/version' ? { version: '0.5.0' } : { models: null }),
    );
    await using backend = attached(server.url);
    expect((await backend.inspect(NEVER)).residents).toEqual([]);
  });
});
