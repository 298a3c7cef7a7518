/** Engines of our instances are no other programs: their memory is the instances', on the card where it really lies. */
import { expect, test } from 'vitest';
import { GiB, MiB } from '../../src/domain/units.ts';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const SYSTEM = `{ backends { name
  gpus { index vram { foreignBytes instanceBytes usedBytes freeBytes } foreignProcesses { name } }
  instances { modelName status adopted vramBytes gpus { index } } } }`;

function settled(t: TestApp, isSettled: (backend: ReturnType<typeof Object>) => boolean) {
  return eventually(async () => (await t.query(SYSTEM)).backends[0], isSettled);
}

const CARDS = { gpus: [{ totalBytes: 6 * GiB }, { totalBytes: 8 * GiB }], contextBytes: 300 * MiB };
const explained = (backend: { gpus: { vram: Record<string, number> }[] }) =>
  backend.gpus.every(({ vram }) => vram.usedBytes === vram.instanceBytes && vram.foreignBytes === 0);

test('what we loaded is booked where it lies, with what the driver takes for it', async () => {
  await using t = await TestApp.start({ ollama: CARDS });
  await t.ended(await t.generate('gemma:2b'));
  await t.ended(await t.generate('smollm:360m'));
  const backend = await settled(t, (each) => each.instances.length === 2 && explained(each));
  expect(backend.gpus.flatMap((gpu: { foreignProcesses: unknown[] }) => gpu.foreignProcesses)).toEqual([]);
  const real = t.ollama.core.memory.read();
  for (const [i, gpu] of backend.gpus.entries()) expect(gpu.vram.usedBytes).toBe(real[i]?.usedBytes);
});

test('what others loaded is told from programs that are no model of ours', async () => {
  await using t = await TestApp.start({ ollama: CARDS });
  t.ollama.core.memory.setForeign(0, GiB);
  await fetch(`${t.ollama.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gemma:2b', options: { num_ctx: 4096 } }),
  });
  const backend = await settled(
    t,
    (each) =>
      each.instances.length === 1 &&
      each.gpus[0].vram.foreignBytes === GiB &&
      each.gpus[1].vram.foreignBytes === 0,
  );
  expect(backend.instances[0]).toMatchObject({ adopted: true, gpus: [{ index: 1 }] });
  expect(backend.gpus.map((gpu: { foreignProcesses: unknown[] }) => gpu.foreignProcesses)).toEqual([
    [{ name: 'other' }],
    [],
  ]);
});

test('a budget counts the same bytes for what is pinned in memory and for what would be loaded again', async () => {
  await using t = await TestApp.start({ ollama: CARDS });
  await t.ended(await t.generate('gemma:2b'));
  const { instances } = await settled(t, (each) => each.instances.length === 1 && explained(each));
  const budget = async () => {
    const { memoryBudget } = await t.query(
      '{ memoryBudget(models: ["gemma:2b"]) { capacityBytes models { footprintBytes measured } } }',
    );
    return memoryBudget;
  };
  const measured = { footprintBytes: instances[0].vramBytes, measured: true };
  const loose = await budget();
  expect(loose.models).toEqual([measured]);
  await t.query('mutation { pinModel(input: { model: "gemma:2b" }) { __typename } }');
  expect(await budget()).toEqual(loose);
  // All of the cards: what its process takes is no other program's.
  expect(loose.capacityBytes).toBe(14 * GiB);
});
