import { beforeAll } from 'vitest';
import { systemRandom } from '../../src/clock.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { newId } from '../../src/domain/ids.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { storeContract } from '../contract/store-contract.ts';
import { newSchema, testPostgres } from './support/postgres.ts';

// It ends with the file, and not with a test.
beforeAll(() => testPostgres());

storeContract('The PostgreSQL store', async (clock) => {
  const postgres = await testPostgres();
  const place = placeOf(postgres.url(newSchema()));
  const store = createPostgresStore({ place, clock, serverId: newId('srv', clock, systemRandom) });
  await store.start();
  return { store, dispose: () => store.stop() };
});
