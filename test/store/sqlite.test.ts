import { storeContract } from '../contract/store-contract.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

storeContract('The SQLite store', async (clock) => {
  const directory = await temporaryDirectory();
  const store = await openStore(directory.path, { clock });
  return {
    store,
    async dispose() {
      await store.stop();
      await directory.remove();
    },
  };
});
