import { systemRandom } from '../../src/clock.ts';
import { newId } from '../../src/domain/ids.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { storeContract } from '../contract/store-contract.ts';

storeContract('The memory store', async (clock) => {
  const store = createMemoryStore({ clock, serverId: newId('srv', clock, systemRandom) });
  await store.start();
  return { store, dispose: () => store.stop() };
});
