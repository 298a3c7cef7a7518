import { beforeAll, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { newId } from '../../src/domain/ids.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { storeContract } from '../contract/store-contract.ts';
import { acceptOne, allJobs } from '../contract/store-fixtures.ts';
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

test.each(['select', 'user', '_1'])('A schema may be named %s', async (schema) => {
  const postgres = await testPostgres();
  const place = placeOf(postgres.url(schema));
  const store = createPostgresStore({
    place,
    clock: systemClock,
    serverId: newId('srv', systemClock, systemRandom),
  });
  await store.start();
  await acceptOne(store, { client: schema });
  expect(await allJobs(store)).toMatchObject([{ client: schema }]);
  await store.stop();
});
