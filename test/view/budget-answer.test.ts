/** Whether models fit together, where some are kept in memory by servers that nobody can have them unloaded from. */
import { expect, test } from 'vitest';
import { type BackendId, type InstanceId, stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { budgetOf } from '../../src/view/budget-answer.ts';
import { gpu, instance, modelInfo, modelState, SystemFixture } from '../support/system-fixture.ts';

const elsewhere = stableId('bkd', 'elsewhere') as BackendId;

/** The fixture's backend, and a server whose model is in memory as long as it runs. */
function systemWith(gpus: ReturnType<SystemFixture['backends']>[number]['gpus'], isLoaded = true) {
  const system = new SystemFixture();
  const [box] = system.backends();
  if (!box) throw new Error('The fixture has a backend.');
  const kept = { ...modelState(modelInfo('kept')), backendIds: [elsewhere] };
  const loaded = instance(kept.info, gpus, {
    id: stableId('ins', 'kept') as InstanceId,
    backendId: elsewhere,
  });
  const server = {
    ...box,
    id: elsewhere,
    name: 'elsewhere',
    capabilities: { ...box.capabilities, alwaysResident: true },
    instances: isLoaded ? [loaded] : [],
    gpus,
  };
  system.backends = () => [{ ...box, instances: [] }, server];
  return { system, kept, other: modelState(modelInfo('other', { diskBytes: 20 * GiB })) };
}

test.each([
  ['on a machine of its own', true],
  ['that does not tell what it has', false],
])('a model that a server keeps %s takes no room of the cards', (_where, isLoaded) => {
  const { system, kept, other } = systemWith([], isLoaded);
  const alone = budgetOf(system, [other]);
  const both = budgetOf(system, [kept, other]);
  expect(both.fits).toBe(true);
  expect(both.lines[0]).toMatchObject({ footprintBytes: 0, fits: true, placement: [] });
  expect(both.requiredBytes).toBe(alone.requiredBytes);
  expect(both.explanation[1]).toBe('kept: on none of the GPUs that are known; its server keeps it.');
});

test('a model that a server keeps on known cards stays there, asked for or not', () => {
  const card = gpu(7);
  const { system, kept, other } = systemWith([card]);
  expect(budgetOf(system, [kept]).lines[0]?.placement).toEqual([{ gpuId: card.id, bytes: 3 * GiB }]);
  const { capacityBytes } = budgetOf(system, [kept, other]);
  expect(budgetOf(system, [other]).capacityBytes).toBe(capacityBytes - 3 * GiB);
});
