/** Questions about memory that change nothing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { GraphQLApi } from '../support/graphql-api.ts';
import { usage } from '../support/system-fixture.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

/** One GPU of 24 GiB with 22 free, 1 of them headroom. */
function oneCard(): void {
  api.system.instances = [];
  const [first] = api.system.gpus;
  if (!first) throw new Error('The fixture has GPUs.');
  const free = usage({
    usedBytes: 2 * GiB,
    headroomBytes: GiB,
    foreignBytes: 2 * GiB,
    instanceBytes: 0,
    freeBytes: 21 * GiB,
  });
  api.system.gpus = [{ ...first, usage: free }];
}

const ALLOCATION = `query ($input: WorkerAllocationInput!) {
  workerAllocation(input: $input) { workers bytesPerWorker freeBytes explanation gpu { index } }
}`;

const allocate = async (input: Record<string, unknown>) =>
  (await api.query(ALLOCATION, { input })).workerAllocation;

describe('workerAllocation', () => {
  test('gives 2 workers of 4.5 GiB beside 12 GiB that are reserved for a model server', async () => {
    oneCard();
    await api.query(
      'mutation { reserveVram(input: { bytes: 12884901888, owner: "Ollama" }) { __typename } }',
    );
    const answer = await allocate({ minBytesPerWorker: 3 * GiB, maxWorkersPerGib: 0.25 });
    expect(answer).toMatchObject({
      workers: 2,
      bytesPerWorker: 4.5 * GiB,
      freeBytes: 9 * GiB,
      gpu: { index: 0 },
    });
    expect(answer.explanation.split('\n')).toEqual([
      'GPU 0 of box, of which 2.0 GiB are in use:',
      '  total         24.0 GiB',
      '  - headroom     1.0 GiB',
      '  - reserved    12.0 GiB',
      '  - foreign      2.0 GiB',
      '  - instances        0 B',
      '  = free         9.0 GiB',
      'At most 0.25 workers per free GiB: 9 x 0.25 = 2.25, so 2.',
      'At least 3.0 GiB for each: 9.0 GiB / 3.0 GiB = 3, so 3.',
      'No upper limit was given.',
      'Result: 2 workers of 4.5 GiB each.',
    ]);
    expect(await allocate({ minBytesPerWorker: 3 * GiB, maxWorkers: 1 })).toMatchObject({
      workers: 1,
      bytesPerWorker: 9 * GiB,
    });
  });

  test('takes the GPU with the most free memory, or the one named', async () => {
    const [first, second] = api.system.gpus;
    if (!first || !second) throw new Error('The fixture has GPUs.');
    api.system.gpus = [first, { ...second, usage: usage({ freeBytes: 20 * GiB }) }];
    const input = { minBytesPerWorker: GiB };
    expect(await allocate(input)).toMatchObject({ gpu: { index: 1 }, freeBytes: 20 * GiB });
    expect(await allocate({ ...input, gpuId: first.id })).toMatchObject({
      gpu: { index: 0 },
      freeBytes: 14.5 * GiB,
    });
    expect(await api.refusal(ALLOCATION, { input: { ...input, gpuId: 'gpu_nowhere' } })).toBe('NOT_FOUND');
  });

  test('is the CPU where no GPU is known', async () => {
    api.system.gpus = [];
    expect(await allocate({ minBytesPerWorker: GiB })).toEqual({
      workers: 0,
      bytesPerWorker: 0,
      freeBytes: 0,
      gpu: null,
      explanation: 'No GPU is known.\nResult: 0 workers. Run them on the CPU.',
    });
  });

  test.each([
    { minBytesPerWorker: 0 },
    { minBytesPerWorker: GiB, maxWorkers: 0 },
    { minBytesPerWorker: GiB, maxWorkersPerGib: 0 },
    { minBytesPerWorker: GiB, maxWorkersPerGib: -1 },
  ])('refuses %j', async (input) => {
    expect(await api.refusal(ALLOCATION, { input })).toBe('BAD_USER_INPUT');
  });
});

const BUDGET = `query ($models: [String!]) {
  memoryBudget(models: $models) {
    fits exact requiredBytes capacityBytes freeBytes explanation
    models { modelName footprintBytes measured gpus { index } }
  }
}`;

const budget = async (models?: readonly string[]) => (await api.query(BUDGET, { models })).memoryBudget;

describe('memoryBudget', () => {
  test('says that models fit, where, and what was measured', async () => {
    const answer = await budget(['qwen3:8b', 'all-minilm']);
    expect(answer).toMatchObject({
      fits: true,
      exact: true,
      requiredBytes: 13 * GiB,
      capacityBytes: 45 * GiB,
      freeBytes: 29 * GiB,
      models: [
        { modelName: 'qwen3:8b', footprintBytes: 6.5 * GiB, measured: true, gpus: [{ index: 0 }] },
        { modelName: 'all-minilm:latest', gpus: [{ index: 0 }] },
      ],
    });
    expect(answer.explanation.split('\n')).toEqual([
      '2 models need 13.0 GiB; 2 GPUs hold 45.0 GiB of models. They fit together.',
      'qwen3:8b: 6.5 GiB, measured; on GPU 0 of box.',
      'all-minilm:latest: 6.5 GiB, measured; on GPU 0 of box.',
    ]);
  });

  test('counts reservations and pinned instances of other models, but not what can be unloaded', async () => {
    oneCard();
    expect(await budget(['qwen3:8b', 'all-minilm'])).toMatchObject({ fits: true, capacityBytes: 21 * GiB });
    await api.memory.reserve({ owner: 'x', bytes: 8 * GiB, gpuId: null, leaseMs: null });
    expect(await budget(['qwen3:8b', 'all-minilm'])).toMatchObject({ fits: true, capacityBytes: 13 * GiB });
    await api.memory.pinModel({ model: 'llama3.2:1b', backendId: null, leaseMs: null });
    const answer = await budget(['qwen3:8b', 'all-minilm']);
    expect(answer).toMatchObject({ fits: false, capacityBytes: 10 * GiB });
    expect(answer.models.map((line: { gpus: unknown[] }) => line.gpus.length).sort()).toEqual([0, 1]);
    expect(answer.explanation).toContain('no room beside the others');
  });

  test('leaves a pinned model where it is', async () => {
    const [, second] = api.system.gpus;
    await api.memory.pinModel({ model: 'qwen3:8b', backendId: null, leaseMs: null });
    api.system.instances = api.system.instances.map((one) => ({
      ...one,
      footprint: one.pinned && second ? [{ gpuId: second.id, bytes: 7 * GiB }] : [],
    }));
    expect((await budget(['qwen3:8b'])).models).toEqual([
      { modelName: 'qwen3:8b', footprintBytes: 7 * GiB, measured: true, gpus: [{ index: 1 }] },
    ]);
  });

  test('says that it cannot tell where no GPU is known', async () => {
    api.system.gpus = [];
    const { explanation } = await budget(['qwen3:8b']);
    expect(explanation).toMatch(/no GPU is known\. Whether they fit cannot be told/);
    expect(explanation).not.toMatch(/do not|no room/);
  });

  test('says of which model too little is known', async () => {
    expect(await budget(['llama3.2:1b'])).toMatchObject({
      fits: false,
      models: [{ footprintBytes: null, gpus: [] }],
      explanation: expect.stringContaining('llama3.2:1b: too little is known'),
    });
  });

  test('is about what is loaded or waited for by default', async () => {
    const { models } = await budget();
    expect(models.map((line: { modelName: string }) => line.modelName)).toEqual(['qwen3:8b', 'llama3.2:1b']);
    expect(await budget([])).toMatchObject({ fits: true, models: [] });
  });

  test('refuses names that nobody has, and more than it could answer', async () => {
    expect(await api.refusal(BUDGET, { models: ['gpt-5'] })).toBe('NOT_FOUND');
    expect(await api.refusal(BUDGET, { models: Array(101).fill('qwen3:8b') })).toBe('BAD_USER_INPUT');
  });
});
