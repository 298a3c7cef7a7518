/** What a whole server says of clients, of models and of a load under way. */
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const KEYS = [
  { name: 'ann', key: 'the-key-of-ann-1234', admin: false, maxPriority: 'HIGH' },
  { name: 'boss', key: 'the-key-of-the-boss', admin: true, maxPriority: 'HIGH' },
] as const;

test('clients, models and instances say what was used, and how far a load is', async () => {
  await using server = await TestApp.start({ config: { keys: KEYS }, ollama: { speed: 4 } });
  // biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
  const ask = async (who: 0 | 1, query: string): Promise<any> => {
    const response = await fetch(server.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEYS[who].key },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const submit = (who: 0 | 1) =>
    ask(
      who,
      `mutation { submitJob(input: { model: "qwen2.5:0.5b", request: { generate: { prompt: "Why?", options: { maxTokens: 8 } } } }) {
        __typename ... on UserError { message } } }`,
    );
  const MODEL = `{ model(name: "qwen2.5:0.5b") { aliases expectedLoad lastUsedAt speed { jobs tokensPerSecond promptTokensPerSecond } } }`;
  expect((await ask(1, MODEL)).model).toEqual({
    aliases: [],
    expectedLoad: null,
    lastUsedAt: null,
    speed: null,
  });

  await submit(0);
  await submit(1);
  const INSTANCES = `{ stats { instances { status loadProgress expectedReadyAt vramBytes gpuMemory { bytes measured gpu { index } } } } }`;
  const instances = async () => (await ask(1, INSTANCES)).stats.instances;
  const [loading] = await eventually(instances, (all) => all.length > 0);
  if (loading.status === 'LOADING' && loading.expectedReadyAt !== null) {
    expect(loading.loadProgress).toBeGreaterThanOrEqual(0);
    expect(loading.loadProgress).toBeLessThanOrEqual(1);
  }
  await eventually(
    async () => (await ask(1, '{ stats { counts { complete } } }')).stats.counts.complete,
    (complete) => complete === 2,
  );
  const [ready] = await eventually(instances, ([one]) => one?.gpuMemory[0]?.measured === true);
  expect(ready).toMatchObject({ status: 'READY', loadProgress: null, expectedReadyAt: null });
  expect(ready.gpuMemory).toEqual([{ bytes: ready.vramBytes, measured: true, gpu: { index: 0 } }]);

  const { model } = await eventually(
    () => ask(1, MODEL),
    ({ model: { speed } }) => speed?.jobs === 2,
  );
  expect(model.expectedLoad).toBeGreaterThan(0);
  expect(model.lastUsedAt).not.toBeNull();
  expect(model.speed.tokensPerSecond).toBeGreaterThan(0);

  const CLIENTS = '{ clients { client share slotTime completionTokens counts { complete } } }';
  const { clients: all } = await ask(1, CLIENTS);
  expect(all.map(({ client }: { readonly client: string }) => client).toSorted()).toEqual(['ann', 'boss']);
  expect(all[0].share + all[1].share).toBeCloseTo(1);
  const { clients: own } = await ask(0, CLIENTS);
  expect(own).toMatchObject([{ client: 'ann', counts: { complete: 1 }, completionTokens: 8 }]);
});
