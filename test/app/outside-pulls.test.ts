/** Somebody beside us pulls, copies or deletes, and what is in memory has no name any more by which it could be unloaded. */
import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/core/default-catalog.ts';
import type { VirtualOllamaOptions } from '../../src/virtual-ollama/index.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

const MODEL = 'smollm:360m';
const OTHER = 'qwen2.5:0.5b';
const SMALL = 'all-minilm:latest';
/** Of the new weights; those of the catalogue begin with another digit. */
const NEW_WEIGHTS = 'e'.repeat(64);
/** One model fits, and two do not. */
const ONE_MODEL = { gpus: [{ totalBytes: 1.3 * GiB }] };

/** What the registry has: new weights of the model. */
const library = DEFAULT_CATALOG.flatMap((model) =>
  model.name === MODEL ? [{ ...model, weightsDigest: NEW_WEIGHTS }] : [],
);

/** With the weights that are loaded first chosen, as their path decides whom Ollama evicts. */
function withWeights(first: string) {
  return DEFAULT_CATALOG.map((model) =>
    model.name === MODEL ? { ...model, weightsDigest: first.repeat(64) } : model,
  );
}

function start(ollama: VirtualOllamaOptions, more: object = {}): Promise<TestApp> {
  return TestApp.start({ ollama: { library, ...ollama }, ...more });
}

async function outside(t: TestApp, method: string, path: string, body: object): Promise<void> {
  const response = await fetch(`${t.ollama.url}${path}`, { method, body: JSON.stringify(body) });
  expect(response.status, path).toBe(200);
  await response.text();
}

/** The models are read again after an operation of ours. */
async function modelsRead(t: TestApp): Promise<void> {
  const copy = `mutation { copyModel(input: { source: "${SMALL}", destination: "read" }) { __typename } }`;
  expect((await t.query(copy)).copyModel.__typename).toBe('CopyModelPayload');
}

const pulled = (t: TestApp) => outside(t, 'POST', '/api/pull', { model: MODEL, stream: false });
const deleted = (t: TestApp) => outside(t, 'DELETE', '/api/delete', { model: MODEL });
const copiedOver = (t: TestApp) => outside(t, 'POST', '/api/copy', { source: OTHER, destination: MODEL });

async function embed(t: TestApp): Promise<string> {
  return (await t.submit({ model: SMALL, request: { embed: { input: ['one'] } } })).job.id;
}

const loadedKeys = (t: TestApp) => t.ollama.core.scheduler.runners().map(({ key }) => key);

describe('what no name means any more makes room', () => {
  test.each([
    ['pulled anew', pulled, MODEL],
    ['pulled anew', pulled, OTHER],
    ['deleted', deleted, OTHER],
    ['copied over', copiedOver, MODEL],
    ['copied over', copiedOver, OTHER],
  ])('when its name was %s, for a job (%#)', async (_how, happens, wanted) => {
    await using t = await start(ONE_MODEL);
    await t.ended(await t.generate(MODEL));
    const [old] = loadedKeys(t);
    await happens(t);
    await modelsRead(t);
    expect((await t.ended(await t.generate(wanted))).status).toBe('COMPLETE');
    expect(loadedKeys(t)).not.toContain(old);
    // And what is free again is used.
    expect((await t.ended(await embed(t))).status).toBe('COMPLETE');
  });

  test('where the number of models is the limit', async () => {
    const one = { backend: { maxLoadedModels: 1 } };
    await using t = await start({ maxLoadedModels: 1 }, one);
    await t.ended(await t.generate(MODEL));
    await pulled(t);
    await modelsRead(t);
    expect((await t.ended(await t.generate(OTHER))).status).toBe('COMPLETE');
  });

  test.each(['0', 'f'])('beside a resident of ours, with weights that begin with %s', async (first) => {
    await using t = await start({ catalog: withWeights(first), gpus: [{ totalBytes: 2 * GiB }] });
    await t.ended(await t.generate(MODEL));
    await t.ended(await t.generate(OTHER));
    await pulled(t);
    await modelsRead(t);
    for (const wanted of [MODEL, OTHER])
      expect((await t.ended(await t.generate(wanted))).status).toBe('COMPLETE');
  });

  test('for a model that a person asks for', async () => {
    await using t = await start(ONE_MODEL);
    await t.ended(await t.generate(MODEL));
    await pulled(t);
    await modelsRead(t);
    const { loadModel } = await t.query(
      `mutation { loadModel(input: { model: "${OTHER}" }) { __typename } }`,
    );
    expect(loadModel.__typename).toBe('LoadModelPayload');
  });

  test('also when it was there before we came', async () => {
    await using t = await start(ONE_MODEL);
    const load = { model: MODEL, keep_alive: -1, stream: false };
    await t.app.stop({ graceMs: 0 });
    await outside(t, 'POST', '/api/generate', load);
    await pulled(t);
    const app = await startApp(testConfig(t.dataDir, [attached(t.ollama.url)]));
    const again = new AppClient(app);
    const id = await again.generate(MODEL);
    expect((await again.ended(id)).status).toBe('COMPLETE');
    await app.stop({ graceMs: 0 });
  });
});

test('old weights that have another name are unloaded by that one', async () => {
  await using t = await start(ONE_MODEL);
  await outside(t, 'POST', '/api/copy', { source: MODEL, destination: 'alias' });
  await t.ended(await t.generate(MODEL));
  await pulled(t);
  await modelsRead(t);
  expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
  const unloaded = t.ollama.core.events.all().filter(({ kind }) => kind === 'unloaded');
  expect(unloaded).toMatchObject([{ by: 'request' }]);
});
