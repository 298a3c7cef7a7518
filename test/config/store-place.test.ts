import { expect, test } from 'vitest';
import { placeOf } from '../../src/config/store-place.ts';

test.each([
  ['postgres://me:secret@db.example:5433/jobs', 'postgres://db.example:5433/jobs (schema public)', true],
  ['postgresql://me@localhost/jobs?schema=gpu_1', 'postgresql://localhost/jobs (schema gpu_1)', false],
  ['postgres://me@/jobs?host=/run/postgresql', 'postgres:///run/postgresql/jobs (schema public)', false],
  ['postgres://me@[::1]:5432/jobs', 'postgres://[::1]:5432/jobs (schema public)', false],
])('%s is shown without what is secret', (url, shown, isElsewhere) => {
  expect(placeOf(url)).toMatchObject({ shown, isElsewhere });
});

test.each([
  ['here', /is no URL/],
  ['mysql://me:secret@db/jobs', /no URL of PostgreSQL/],
  ['postgres://me:secret@db', /names no database/],
  ['postgres://me:secret@db/jobs?schema=Mine', /names the schema "Mine"/],
  ['postgres://me:secret@db/jobs?schema=a;drop', /names the schema "a;drop"/],
  ['postgres://me:secret@db/jobs?schema=pg_1', /names the schema "pg_1"/],
])('%s is refused with what is right, and without its password', (url, message) => {
  expect(() => placeOf(url)).toThrow(message);
  expect(() => placeOf(url)).not.toThrow(/secret/);
});
