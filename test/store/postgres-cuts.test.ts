/** Wherever the connection to PostgreSQL breaks, what was answered is what is there. */
import { beforeAll, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { StoreUnwritableError, type VramkeeperError } from '../../src/domain/errors.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Store } from '../../src/domain/store.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { acceptOne, allJobs, claimOf, complete } from '../contract/store-fixtures.ts';
import { endsWithTest } from '../support/ends-with-test.ts';
import { eventually } from '../support/eventually.ts';
import { CuttingProxy } from './support/cutting-proxy.ts';
import { newSchema, type TestPostgres, testPostgres } from './support/postgres.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await testPostgres();
});

/** More than one life of a job takes in either direction. */
const STEPS = 16;

/** Null where the store said that nothing was kept. */
async function told<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StoreUnwritableError) return null;
    throw error;
  }
}

/** What became of one job, as it was answered. */
async function life(store: Store, client: string): Promise<Partial<Pick<Job, 'client' | 'status'>> | null> {
  if (!(await told(acceptOne(store, { client })))) return null;
  const claimed = await told(store.claim(claimOf(1, { client })));
  const [held] = claimed ?? [];
  if (!held) return { client, status: 'PENDING' };
  return { client, status: (await told(complete(store, held.job))) ? 'COMPLETE' : 'RUNNING' };
}

test.each(['to the server', 'to the store'] as const)(
  'A connection that is cut at any step %s leaves what was answered, once',
  async (direction) => {
    const proxy = await CuttingProxy.before(postgres.folder);
    const place = placeOf(postgres.url(newSchema(), proxy.folder));
    const serverId = newId('srv', systemClock, systemRandom);
    const store = createPostgresStore({ place, clock: systemClock, serverId });
    endsWithTest(() => store.stop());
    await store.start();
    const answered: object[] = [];
    for (let step = 1; step <= STEPS; step += 1) {
      proxy.cutAt(direction, step);
      const outcome = await life(store, `client-${step}`);
      if (outcome) answered.push(outcome);
      proxy.goOn();
    }
    expect(proxy.cuts).toBeGreaterThan(STEPS / 4);
    // A read may meet the last cut.
    const rows = await eventually(() => allJobs(store).catch(() => null));
    expect(rows.map(({ client, status }) => ({ client, status }))).toEqual(answered);
    const count = (status: Job['status']) => rows.filter((job) => job.status === status).length;
    expect(store.counts()).toMatchObject({ PENDING: count('PENDING'), RUNNING: count('RUNNING') });
    expect(store.backlog.count).toBe(count('PENDING'));
  },
);

test('A server that was cut off ends when it comes back to a store that another one works on', async () => {
  const proxy = await CuttingProxy.before(postgres.folder);
  const schema = newSchema();
  const [first, second] = [proxy.folder, postgres.folder].map((folder) => {
    const ended = Promise.withResolvers<VramkeeperError>();
    const store = createPostgresStore({
      place: placeOf(postgres.url(schema, folder)),
      clock: systemClock,
      serverId: newId('srv', systemClock, systemRandom),
      onDeath: ended.resolve,
    });
    endsWithTest(() => store.stop());
    return { store, ended: ended.promise };
  }) as [Ending, Ending];
  await first.store.start();
  const job = await acceptOne(first.store);
  await expect(second.store.start()).rejects.toThrow(/Another vramkeeper works on the store/);

  proxy.close();
  expect(await told(acceptOne(first.store))).toBeNull();
  const third = createPostgresStore({
    place: placeOf(postgres.url(schema)),
    clock: systemClock,
    serverId: newId('srv', systemClock, systemRandom),
  });
  endsWithTest(() => third.stop());
  await third.start();
  expect((await third.claim(claimOf(1))).map((claimed) => claimed.job.id)).toEqual([job.id]);

  proxy.open();
  await expect(acceptOne(first.store)).rejects.toThrow(/Another vramkeeper works on the store/);
  expect(await first.ended).toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
  expect(third.counts()).toMatchObject({ PENDING: 0, RUNNING: 1 });
});

test('A database that says nothing any more keeps nobody waiting, and is worked with again when it is back', async () => {
  const proxy = await CuttingProxy.before(postgres.folder);
  const place = placeOf(postgres.url(newSchema(), proxy.folder));
  const serverId = newId('srv', systemClock, systemRandom);
  const store = createPostgresStore({ place, clock: systemClock, serverId });
  endsWithTest(() => store.stop());
  await store.start();
  await acceptOne(store, { client: 'before' });
  proxy.fallSilent();
  await expect(acceptOne(store, { client: 'lost' })).rejects.toThrow(StoreUnwritableError);
  proxy.goOn();
  await acceptOne(store, { client: 'after' });
  const rows = await eventually(() => allJobs(store).catch(() => null));
  expect(rows.map(({ client }) => client)).toEqual(['before', 'after']);
});

interface Ending {
  readonly store: Store;
  readonly ended: Promise<VramkeeperError>;
}
