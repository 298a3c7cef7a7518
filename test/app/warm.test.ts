/** Models that the configuration wants in memory although no job waits for them. */

import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const resident = async (t: TestApp): Promise<readonly string[]> => {
  const { backends } = await t.query('{ backends { instances { modelName status } } }');
  return backends[0].instances
    .filter(({ status }: { status: string }) => status === 'READY')
    .map(({ modelName }: { modelName: string }) => modelName)
    .toSorted();
};

const residentAre = (t: TestApp, ...names: readonly string[]) =>
  eventually(
    () => resident(t),
    (seen) => `${seen}` === `${names}`,
  );

test('are loaded when the server starts, those of the warm-up list once and those to keep warm again', async () => {
  await using t = await TestApp.start({ config: { warmup: ['smollm:360m'], keepWarm: ['qwen2.5:0.5b'] } });
  await residentAre(t, 'qwen2.5:0.5b', 'smollm:360m');
  for (const model of ['smollm:360m', 'qwen2.5:0.5b'])
    await t.query(
      'mutation ($input: UnloadModelInput!) { unloadModel(input: $input) { __typename ... on UserError { message } } }',
      { input: { model } },
    );
  const loads = () => t.ollama.core.events.of('loaded').map(({ model }) => model);
  await eventually(loads, ({ length }) => length === 3);
  expect(loads().toSorted()).toEqual(['qwen2.5:0.5b', 'qwen2.5:0.5b', 'smollm:360m']);
  await residentAre(t, 'qwen2.5:0.5b');
});
