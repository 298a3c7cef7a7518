/** Loads that fail for other reasons than memory: what lies in the model ends its jobs with words, what passes ends none. */
import { describe, expect, it } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

const BROKEN = 'qwen2.5:0.5b';
const FINE = 'smollm:360m';

const many = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

describe('a model that can never be loaded', () => {
  it.each([
    {
      why: 'its file is cut off',
      faults: { truncatedWeightsOf: BROKEN },
      says: /exceeds file size.*Pull the model/,
    },
    {
      why: 'its file is gone',
      faults: { missingWeightsOf: BROKEN },
      says: /file is missing or damaged: pull it again/,
    },
  ])('ends all its jobs after one load, and no others: $why', async ({ faults, says }) => {
    await using t = await TestApp.start({ backend: { parallel: 1 } });
    t.ollama.core.faults.set(faults);
    const broken = await many(12, () => t.generate(BROKEN));
    const fine = await many(3, () => t.generate(FINE));
    for (const id of broken) {
      const { status, failure, attempts } = await t.ended(id);
      expect({ status, attempts }).toEqual({ status: 'FAILED', attempts: [] });
      expect(failure).toMatchObject({ code: 'LOAD_FAILED', retryable: false });
      expect(failure.message).toMatch(says);
    }
    for (const id of fine) expect((await t.ended(id)).status).toBe('COMPLETE');
    const { decisions, health } = await t.query(
      '{ decisions(first: 100) { nodes { kind modelName explanation } } health { problems { code message } } }',
    );
    const told = decisions.nodes.filter(({ modelName }: { modelName: string }) => modelName === BROKEN);
    expect(
      told.filter(({ explanation }: { explanation: string }) => /load failed/.test(explanation)),
    ).toHaveLength(1);
    expect(
      told.filter(({ explanation }: { explanation: string }) => /that is FAILED/.test(explanation)),
    ).toEqual([]);
    expect(health.problems).toMatchObject([{ code: 'LOADS_FAIL' }]);
    expect(health.problems[0].message).toMatch(/Jobs that wait for it end/);
  });

  it('is run where another backend has it whole', async () => {
    await using t = await TestApp.start();
    await using other = await runVirtualOllama({ gpus: [{ totalBytes: 8 * GiB }], speed: 20 });
    const backends = [
      attached(t.ollama.url, { name: 'first' }),
      attached(other.url, { name: 'second', parallel: 1 }),
    ];
    t.ollama.core.faults.set({ truncatedWeightsOf: BROKEN });
    const app = await startApp(testConfig(`${t.dataDir}/two`, backends));
    const two = new AppClient(app);
    for (const id of await many(6, () => two.generate(BROKEN)))
      expect((await two.ended(id)).status).toBe('COMPLETE');
    await app.stop({ graceMs: 0 });
    await other.stop();
  });

  it('is an answer with its reason for who asks to load it', async () => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set({ truncatedWeightsOf: BROKEN });
    expect((await t.ended(await t.generate(FINE))).status).toBe('COMPLETE');
    const { loadModel } = await t.query(
      'mutation ($m: String!) { loadModel(input: { model: $m }) { __typename ... on UserError { message } } }',
      { m: BROKEN },
    );
    expect(loadModel).toMatchObject({ __typename: 'BackendUnavailableError' });
    expect(loadModel.message).toMatch(/could not be loaded: .*exceeds file size.*than it\.$/);
  });
});
