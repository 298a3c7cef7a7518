import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { GraphQLApi } from '../support/graphql-api.ts';
import { decisions, gpu, usage } from '../support/system-fixture.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

describe('models', () => {
  test('are found by name, with and without the tag', async () => {
    const { exact, short, none } = await api.query(`{
      exact: model(name: "all-minilm:latest") { name }
      short: model(name: "all-minilm") { name capabilities backends { name } }
      none: model(name: "gpt-5") { name }
    }`);
    expect(exact).toEqual({ name: 'all-minilm:latest' });
    expect(short).toEqual({
      name: 'all-minilm:latest',
      capabilities: ['EMBEDDING'],
      backends: [{ name: 'box' }],
    });
    expect(none).toBeNull();
  });

  test('are listed by name, page by page', async () => {
    const page =
      'query ($after: String) { models(first: 2, after: $after) { totalCount nodes { name } pageInfo { hasNextPage endCursor } } }';
    const first = (await api.query(page)).models;
    expect(first.nodes).toEqual([{ name: 'all-minilm:latest' }, { name: 'llama3.2:1b' }]);
    expect(first.totalCount).toBe(3);
    const second = (await api.query(page, { after: first.pageInfo.endCursor })).models;
    expect(second).toMatchObject({ nodes: [{ name: 'qwen3:8b' }], pageInfo: { hasNextPage: false } });
    expect(await api.refusal('{ models { totalCount } }')).toBe('BAD_USER_INPUT');
  });

  test('tell their facts, with null for what the backend does not say', async () => {
    const facts = '{ digest diskBytes family parameterSize quantization contextLength }';
    const { full, sparse } = await api.query(
      `{ full: model(name: "qwen3:8b") ${facts} sparse: model(name: "llama3.2:1b") ${facts} }`,
    );
    expect(full).toEqual({
      digest: 'dqwen3:8b'.padEnd(64, '0'),
      diskBytes: 5 * GiB,
      family: 'llama',
      parameterSize: '8.2B',
      quantization: 'Q4_K_M',
      contextLength: 40_960,
    });
    expect(sparse).toMatchObject({
      family: null,
      parameterSize: null,
      quantization: null,
      contextLength: null,
    });
  });

  test('estimate their memory, at any context', async () => {
    const { model, unknown } = await api.query(`{
      model(name: "qwen3:8b") {
        usual: vramEstimate { bytes measured }
        long: vramEstimate(contextLength: 32768) { bytes measured }
      }
      unknown: model(name: "llama3.2:1b") { vramEstimate { bytes } }
    }`);
    expect(model).toEqual({
      usual: { bytes: 6.5 * GiB, measured: true },
      long: { bytes: 6.5 * GiB, measured: false },
    });
    expect(unknown).toEqual({ vramEstimate: null });
    expect(api.system.asked).toEqual([
      ['qwen3:8b', null],
      ['qwen3:8b', 32_768],
      ['llama3.2:1b', null],
    ]);
    expect(
      await api.refusal('{ model(name: "qwen3:8b") { vramEstimate(contextLength: 0) { bytes } } }'),
    ).toBe('BAD_USER_INPUT');
  });

  test('are loaded under every name that shares their weights', async () => {
    const [first, ...others] = api.system.infos;
    if (!first) throw new Error('The fixture has models.');
    api.system.infos = [first, { ...first, name: 'alias:latest' }, ...others];
    const { model } = await api.query('{ model(name: "alias") { instances { modelName status } } }');
    expect(model.instances).toEqual([{ modelName: 'qwen3:8b', status: 'READY' }]);
  });
});

describe('backends', () => {
  test('show their GPUs, ledger and instances', async () => {
    const { backends } = await api.query(`{
      backends {
        name url health problem version lastSeenAt
        vram { totalBytes }
        gpus { index vram { totalBytes usedBytes headroomBytes reservedBytes foreignBytes instanceBytes freeBytes deficitBytes source sampledAt } }
        instances {
          status contextLength parallel vramBytes evictable spilled adopted loadedAt lastUsedAt modelName
          model { name } backend { name } gpus { index }
        }
      }
    }`);
    expect(backends).toHaveLength(1);
    expect(backends[0]).toMatchObject({
      name: 'box',
      url: 'http://127.0.0.1:11434',
      health: 'HEALTHY',
      problem: null,
      version: '0.33.0',
      lastSeenAt: '2026-11-20T21:40:03.120Z',
      vram: { totalBytes: 48 * GiB },
    });
    const { vram } = backends[0].gpus[0];
    expect(vram.totalBytes).toBe(
      vram.headroomBytes +
        vram.reservedBytes +
        vram.foreignBytes +
        vram.instanceBytes +
        vram.freeBytes -
        vram.deficitBytes,
    );
    expect(backends[0].instances).toEqual([
      {
        status: 'READY',
        contextLength: 4_096,
        parallel: 4,
        vramBytes: 6 * GiB,
        evictable: true,
        spilled: false,
        adopted: false,
        loadedAt: '2026-11-20T21:40:02.120Z',
        lastUsedAt: '2026-11-20T21:40:03.120Z',
        modelName: 'qwen3:8b',
        model: { name: 'qwen3:8b' },
        backend: { name: 'box' },
        gpus: [{ index: 0 }, { index: 1 }],
      },
      expect.objectContaining({ status: 'LOADING', loadedAt: null, gpus: [], vramBytes: 0 }),
    ]);
  });

  test('show instances whose model was removed', async () => {
    api.system.infos = [];
    const { backends } = await api.query('{ backends { instances { modelName model { name } } } }');
    expect(backends[0].instances[0]).toEqual({ modelName: 'qwen3:8b', model: null });
  });
});

describe('stats', () => {
  test('tell counters, memory and latencies', async () => {
    await api.submit();
    const { stats } = await api.query(`{
      stats {
        counts { pending queued running complete failed cancelled total }
        swaps { loads unloads evictions spills loadTime coldStarts warmStarts }
        queues { modelName contextLength pendingHigh pendingNormal pendingLow oldestAge expectedClear shift }
        latency { sampleCount queueP50 queueP95 runP50 runP95 }
        high: latency(priority: HIGH, window: 60000) { sampleCount }
        instances { modelName }
        paused startedAt version truncatedPrompts vram { totalBytes }
        workEstimates { sampleCount medianError bias } startEstimates { sampleCount medianError }
      }
    }`);
    expect(stats).toEqual({
      counts: { pending: 1, queued: 0, running: 0, complete: 0, failed: 0, cancelled: 0, total: 1 },
      truncatedPrompts: 2,
      swaps: {
        loads: 3,
        unloads: 2,
        evictions: 1,
        spills: 0,
        loadTime: 12_346,
        coldStarts: 1,
        warmStarts: 2,
      },
      queues: [
        {
          modelName: 'qwen3:8b',
          contextLength: 8_192,
          shift: null,
          pendingHigh: 1,
          pendingNormal: 2,
          pendingLow: 3,
          oldestAge: 1_500,
          expectedClear: null,
        },
      ],
      latency: { sampleCount: 2, queueP50: 10, queueP95: 21, runP50: null, runP95: 40 },
      high: { sampleCount: 2 },
      instances: [{ modelName: 'qwen3:8b' }, { modelName: 'llama3.2:1b' }],
      paused: false,
      startedAt: '2026-11-20T21:39:03.120Z',
      version: '1.2.3',
      vram: { totalBytes: 48 * GiB },
      workEstimates: { sampleCount: 3, medianError: 0.25, bias: -0.1 },
      startEstimates: { sampleCount: 4, medianError: 1_250 },
    });
    expect(api.system.asked).toEqual([
      [null, 300_000],
      ['HIGH', 60_000],
    ]);
  });
});

describe('decisions', () => {
  test('are those about a job, of some kinds, about a model', async () => {
    const id = await api.submit();
    const [one, two, three] = decisions(3, id);
    if (!one || !two || !three) throw new Error('Three were made.');
    api.system.decided = [
      one,
      { ...two, kind: 'UNLOAD', jobId: null },
      { ...three, modelName: 'gemma', jobId: null },
    ];
    const told = async (filter: object) => {
      const query = `query ($filter: DecisionFilter) {
        decisions(first: 9, filter: $filter) { totalCount nodes { explanation } } }`;
      const { nodes, totalCount } = (await api.query(query, { filter })).decisions;
      expect(totalCount).toBe(nodes.length);
      return nodes.map(({ explanation }: { explanation: string }) => explanation);
    };
    expect(await told({})).toEqual(['Decision 3.', 'Decision 2.', 'Decision 1.']);
    expect(await told({ jobId: id })).toEqual(['Decision 1.']);
    expect(await told({ jobId: 'job_none' })).toEqual([]);
    expect(await told({ kinds: ['UNLOAD', 'DRAIN'] })).toEqual(['Decision 2.']);
    expect(await told({ model: 'gemma:latest' })).toEqual(['Decision 3.']);
    expect(await told({ model: 'qwen3:8b', kinds: ['LOAD'] })).toEqual(['Decision 1.']);
  });

  test('come newest first, page by page, and stay in place while more are added', async () => {
    const id = await api.submit();
    api.system.decided = decisions(5, id);
    const page = `query ($first: Int, $last: Int, $after: String, $before: String) {
      decisions(first: $first, last: $last, after: $after, before: $before) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
        nodes { kind explanation at modelName backend { name } job { id } }
      }
    }`;
    const first = (await api.query(page, { first: 2 })).decisions;
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    expect(first.nodes[0]).toEqual({
      kind: 'LOAD',
      explanation: 'Decision 5.',
      at: '2026-11-20T21:40:03.124Z',
      modelName: 'qwen3:8b',
      backend: { name: 'box' },
      job: { id },
    });
    api.system.decided = decisions(8, id);
    const second = (await api.query(page, { first: 2, after: first.pageInfo.endCursor })).decisions;
    expect(second.nodes.map((node: { explanation: string }) => node.explanation)).toEqual([
      'Decision 3.',
      'Decision 2.',
    ]);
    const newer = (await api.query(page, { last: 2, before: first.pageInfo.startCursor })).decisions;
    expect(newer.nodes.map((node: { explanation: string }) => node.explanation)).toEqual([
      'Decision 7.',
      'Decision 6.',
    ]);
    expect(newer.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(await api.refusal(page, { first: 1, after: 'ZGVjaXNpb24' })).toBe('BAD_USER_INPUT');
  });
});

describe('health', () => {
  const health = async () =>
    (
      await api.query(
        '{ health { status problems { code message backend { name } } backends { name health } } }',
      )
    ).health;

  test('names an Ollama beside managed ones', async () => {
    const problem = 'Another Ollama answers. End it.';
    api.system.strayServer = { url: 'http://127.0.0.1:11434', version: '0.33.0', problem };
    expect(await health()).toMatchObject({
      status: 'DEGRADED',
      problems: [{ code: 'STRAY_OLLAMA', message: problem, backend: null }],
    });
  });

  test('is HEALTHY without problems when all is well', async () => {
    expect(await health()).toEqual({
      status: 'HEALTHY',
      problems: [],
      backends: [{ name: 'box', health: 'HEALTHY' }],
    });
  });

  test('tells what has failed for long, with the backend that it is about', async () => {
    const backendId = api.system.backends()[0]?.id ?? null;
    api.system.faults = [
      { kind: 'CLAIMS_FAIL', message: 'The disk is full.', backendId: null, weights: null },
      { kind: 'UNLOAD_STUCK', message: 'It does not go.', backendId, weights: 'w' },
    ];
    expect(await health()).toMatchObject({
      status: 'DEGRADED',
      problems: [
        { code: 'CLAIMS_FAIL', message: 'The disk is full.', backend: null },
        { code: 'UNLOAD_STUCK', message: 'It does not go.', backend: { name: 'box' } },
      ],
    });
  });

  test('is STALLED and says what to do when no backend answers', async () => {
    api.system.backend = { health: 'UNREACHABLE', problem: 'Nothing listens there. Start Ollama.' };
    expect(await health()).toMatchObject({
      status: 'STALLED',
      problems: [
        {
          code: 'BACKEND_UNREACHABLE',
          message: 'Nothing listens there. Start Ollama.',
          backend: { name: 'box' },
        },
      ],
    });
  });

  test('is STALLED while the scheduler is paused', async () => {
    api.system.pause();
    expect(await health()).toMatchObject({
      status: 'STALLED',
      problems: [{ code: 'SCHEDULER_PAUSED', backend: null }],
    });
  });

  test('is DEGRADED by a probe that fails, a spilled model and overdrawn memory, each told', async () => {
    api.system.backend = {
      health: 'DEGRADED',
      problem: 'nvidia-smi does not answer.',
      usage: usage({ deficitBytes: 2 * GiB }),
    };
    api.system.instances = api.system.instances.map((instance) => ({ ...instance, spilled: true }));
    const { status, problems } = await health();
    expect(status).toBe('DEGRADED');
    expect(problems.map((problem: { code: string }) => problem.code)).toEqual([
      'BACKEND_DEGRADED',
      'VRAM_OVERDRAWN',
      'MODEL_SPILLED',
      'MODEL_SPILLED',
    ]);
    expect(problems[1].message).toContain('2.0 GiB');
    expect(problems[1].message).toContain('End the other programs');
  });

  test('tells settings that are larger than a card from other programs that hold it', async () => {
    for (const claim of [{ headroomBytes: 30 * GiB }, { reservedBytes: 24 * GiB }]) {
      const overdrawn = usage({ ...claim, deficitBytes: 8 * GiB });
      api.system.backend = { usage: overdrawn, gpus: [{ ...gpu(0), usage: overdrawn }] };
      expect((await health()).problems).toMatchObject([
        { code: 'VRAM_OVERDRAWN', message: expect.stringMatching(/Headroom and reservations alone/) },
      ]);
    }
  });

  test('is STALLED without any backend', async () => {
    api.system.backends = () => [];
    expect(await health()).toEqual({
      status: 'STALLED',
      backends: [],
      problems: [{ code: 'NO_BACKEND', message: expect.stringContaining('--backend'), backend: null }],
    });
  });
});
