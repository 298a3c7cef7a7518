/** Libraries over fixtures, with what is in memory and what is told as a test says. */
import { seededRandom, VirtualClock } from '../../../src/clock.ts';
import type { DomainEvent } from '../../../src/domain/events.ts';
import type { BackendId } from '../../../src/domain/ids.ts';
import type { ModelInfo } from '../../../src/domain/model.ts';
import type { ModelPull } from '../../../src/domain/model-operations.ts';
import { LibraryOperations } from '../../../src/executor/model-operations.ts';
import { WithheldModels } from '../../../src/executor/withheld-models.ts';
import { LibraryFixture } from '../../support/library-fixture.ts';
import { namesOfOllama } from '../../support/model-names.ts';

export function world(names: readonly string[] = ['box']) {
  const clock = new VirtualClock();
  const told: ModelPull[] = [];
  const refreshed: BackendId[] = [];
  const unloads: string[] = [];
  const down = new Set<BackendId>();
  const memory = new Set<string>();
  const withheld = new WithheldModels();
  const inventories = names.map(() => ({ infos: [] as readonly ModelInfo[] }));
  const backends = names.map((name, i) => new LibraryFixture(name, inventories[i] ?? { infos: [] }));
  let unload = async (model: string) => {
    memory.delete(`w-${model}`);
  };
  const operations = new LibraryOperations({
    backends,
    answers: (id) => !down.has(id),
    names: namesOfOllama(['close:1']),
    modelsChanged: async (id) => void refreshed.push(id),
    installed: (id) => inventories[backends.findIndex((each) => each.id === id)]?.infos ?? [],
    inMemory: (weights) => memory.has(weights),
    unload: async (model, backendId) => {
      unloads.push(`${model}${withheld.has(backendId, model) ? ' withheld' : ''}`);
      await unload(model);
    },
    withheld,
    events: {
      publish: (event: DomainEvent) => {
        if (event.kind === 'pull') told.push(event.pull);
      },
    },
    clock,
    random: seededRandom(1),
    logger: { info: () => {}, warn: () => {} },
  });
  const [box = new LibraryFixture('none', { infos: [] }), other = box] = backends;
  return {
    clock,
    told,
    refreshed,
    unloads,
    down,
    memory,
    withheld,
    inventories,
    operations,
    box,
    other,
    unloading(work: (model: string) => Promise<void>) {
      unload = work;
    },
  };
}
