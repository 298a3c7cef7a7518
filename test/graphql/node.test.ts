import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';

/** The id of one object of each kind, taken from the API itself. */
async function idsByType(): Promise<Record<string, string>> {
  const { submitBatch } = await api.query(`mutation {
    submitBatch(input: { jobs: [{ model: "qwen3:8b", request: { generate: { prompt: "x" } } }] }) {
      ... on SubmitBatchPayload { batch { id jobs(first: 1) { nodes { id } } } }
    }
  }`);
  const { backends, models } = await api.query(
    '{ backends { id gpus { id } instances { id } } models(first: 1) { nodes { id } } }',
  );
  return {
    Job: submitBatch.batch.jobs.nodes[0].id,
    Batch: submitBatch.batch.id,
    Model: models.nodes[0].id,
    Instance: backends[0].instances[0].id,
    Gpu: backends[0].gpus[0].id,
    Backend: backends[0].id,
  };
}

describe('node', () => {
  test('finds every kind of object again by its id, which names its kind', async () => {
    for (const [type, id] of Object.entries(await idsByType())) {
      const { node } = await api.query(`query ($id: ID!) { node(id: $id) { __typename id } }`, { id });
      expect(node).toEqual({ __typename: type, id });
      expect(id).toMatch(/^(job|bat|mdl|ins|gpu|bkd)_[0-9a-z]+$/);
    }
  });

  test('reads the fields of what it finds', async () => {
    const { Gpu } = await idsByType();
    const { node } = await api.query(
      'query ($id: ID!) { node(id: $id) { ... on Gpu { name index foreignProcesses { pid name bytes } } } }',
      { id: Gpu },
    );
    expect(node).toEqual({
      name: 'Virtual 24 GiB',
      index: 0,
      foreignProcesses: [{ pid: 4_200, name: 'ComfyUI', bytes: 2 ** 30 }],
    });
  });

  test('is null for whatever is no id of anything', async () => {
    const some = Object.values(await idsByType());
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.constantFrom('job_', 'srv_abc', 'constructor', '__proto__', 'job', '_'),
          fc
            .tuple(fc.constantFrom('job', 'bat', 'mdl', 'ins', 'gpu', 'bkd', 'srv'), fc.string())
            .map((parts) => parts.join('_')),
        ),
        async (id) => {
          fc.pre(!some.includes(id));
          expect(await api.query('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({
            node: null,
          });
        },
      ),
      { verbose: true },
    );
  });
});

describe('nodes', () => {
  test('keeps the order and length of the ids, with null for the unknown and twice for the repeated', async () => {
    const { Job = '', Model = '', Batch = '' } = await idsByType();
    const { nodes } = await api.query(NODES, { ids: [Model, 'job_unknown', Job, 'nonsense', Batch, Job] });
    expect(nodes.map((node: { id: string } | null) => node?.id ?? null)).toEqual([
      Model,
      null,
      Job,
      null,
      Batch,
      Job,
    ]);
  });

  test('reads a hundred jobs at once, and refuses more', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 100; i += 1) ids.push(await api.submit());
    api.calls.clear();
    const { nodes } = await api.query(NODES, { ids });
    expect(nodes).toHaveLength(100);
    expect(Object.fromEntries(api.calls)).toEqual({ jobs: 1 });
    expect(await api.refusal(NODES, { ids: [...ids, 'job_x'] })).toBe('BAD_USER_INPUT');
  });
});
