/** The doctor looks at PostgreSQL as the server will, and says what to change. */
import { beforeAll, expect, test } from 'vitest';
import { checkStore } from '../../src/cli/doctor/doctor-store.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { newId } from '../../src/domain/ids.ts';
import { checkServer } from '../../src/store/postgres/check-server.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { newSchema, type TestPostgres, testPostgres } from '../store/support/postgres.ts';
import { endsWithTest } from '../support/ends-with-test.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await testPostgres();
});

/** What the doctor says, and why a server does not start there. */
async function told(url: string): Promise<{ readonly doctor: readonly string[]; readonly server: string }> {
  const place = placeOf(url);
  const findings = await checkStore(place, systemClock);
  const serverId = newId('srv', systemClock, systemRandom);
  const store = createPostgresStore({ place, clock: systemClock, serverId });
  endsWithTest(() => store.stop());
  const server = await store.start().then(
    () => 'started',
    (error: Error) => error.message,
  );
  return { doctor: findings.map(({ level, text }) => `${level} ${text}`), server };
}

test('A database that is as it should be is told with its version, and so is the server that works there', async () => {
  const url = postgres.url(newSchema());
  expect(await told(url)).toEqual({
    doctor: [expect.stringMatching(/^ok .*, PostgreSQL 15\./)],
    server: 'started',
  });
  const [, second] = await checkStore(placeOf(url), systemClock);
  expect(second?.text).toMatch(/in use by a server that runs now/);
});

test.each<[string, (url: string) => string, RegExp]>([
  [
    'is not there',
    (url) => url.replace('/postgres?', '/nowhere?'),
    /database "nowhere" does not exist.*Create the database/,
  ],
  ['does not answer', () => 'postgres://me@127.0.0.1:1/jobs', /ECONNREFUSED.*Check that it runs/],
  [
    'is elsewhere without TLS',
    () => 'postgres://me@db.invalid/jobs',
    /does not ask for TLS. Add sslmode=verify-full/,
  ],
  ['is nobody’s to write to', (url) => url.replace('vramkeeper@', 'guest@'), /(GRANT|Grant the user) CREATE/],
  [
    'has a schema that is closed to us',
    (url) => url.replace('vramkeeper@', 'guest@').replace(/schema=\w+/, 'schema=closed'),
    /(GRANT|Grant the user) .*USAGE/,
  ],
  [
    'is in another encoding',
    (url) => url.replace('/postgres?', '/latin?'),
    /encoded in LATIN1. Use one in UTF8/,
  ],
])(
  'A database that %s keeps the server from starting, and both say what to do',
  async (_what, other, says) => {
    await postgres.query(
      `SELECT 1 FROM pg_roles WHERE rolname = 'guest'`,
      'CREATE ROLE guest LOGIN; REVOKE CREATE ON DATABASE postgres FROM PUBLIC',
    );
    await postgres.query(
      `SELECT 1 FROM pg_database WHERE datname = 'latin'`,
      `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
    );
    await postgres.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'closed'`, 'CREATE SCHEMA closed');
    const { doctor, server } = await told(other(postgres.url(newSchema())));
    expect(doctor).toEqual([expect.stringMatching(new RegExp(`^fail .*${says.source}`, 's'))]);
    expect(server).toMatch(says);
  },
);

test('A version before 15 is refused', () => {
  const place = placeOf('postgres://me@localhost/jobs');
  expect(() => checkServer(place, [140_012, '14.12', 'UTF8', true])).toThrow(/is version 14\.12\. Use 15/);
  expect(checkServer(place, [150_000, '15.0', 'UTF8', false])).toEqual({ hasSchema: false });
});
