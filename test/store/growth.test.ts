/** What callers choose the names and shapes of: a hundred thousand of each change neither what is kept nor what is answered. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { Backlog } from '../../src/domain/backlog.ts';
import { BoundedMap } from '../../src/domain/bounded-map.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { JOB_STATUSES, type Job } from '../../src/domain/job.ts';
import type { QueueKey } from '../../src/domain/queue-key.ts';
import type { Store } from '../../src/domain/store.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { TextCache } from '../../src/graphql/server/text-cache.ts';
import { JOB_KINDS } from '../../src/kinds/kinds.ts';
import { type Activation, activate, charge } from '../../src/scheduler/runs/service.ts';
import { Buckets } from '../../src/store/sql/buckets.ts';
import { SqlReads } from '../../src/store/sql/reads/reads.ts';
import { SqliteStatements } from '../../src/store/sqlite/statements.ts';
import { JobStatistics } from '../../src/view/job-statistics.ts';
import { acceptOne } from '../contract/store-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const MANY = 100_000;
const FIRST = { filter: {}, order: { field: 'CREATED_AT', direction: 'ASC' }, limit: 5 } as const;

describe('A store with jobs of a hundred thousand clients', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;
  let store: Store;
  const clock = new VirtualClock();
  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = join(directory.path, 'vramkeeper.db');
    await (await openStore(directory.path)).stop();
    const database = new DatabaseSync(path);
    database.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
      INSERT INTO buckets (id, queue, priority, client)
      SELECT i, 'llama3:latest' || CASE i % 2 WHEN 0 THEN '' ELSE '#4096' END, 'NORMAL', 'client ' || i FROM n;
      INSERT INTO jobs (sequence, id, revision, status, bucket, line, urgency, fence, failed_attempts, created_at, max_attempts,
        kind, model_name)
      SELECT id, 'job_' || id, id, 'PENDING', id, id, 1, 1, 0, id, 3, 'GENERATE', 'llama3' FROM buckets;
    `);
    database.close();
    store = await openStore(directory.path, { clock });
  });
  afterAll(async () => {
    await store.stop();
    await directory.remove();
  });

  const buckets = () => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return Number(database.prepare('SELECT count(*) AS buckets FROM buckets').get()?.buckets);
    } finally {
      database.close();
    }
  };

  it('lists and counts by model, by client and by place', async () => {
    for (const models of [['llama3'], ['llama3:latest'], ['llama3:latest', 'phi3:latest']]) {
      expect((await store.list({ ...FIRST, filter: { models } })).jobs).toHaveLength(5);
      expect(await store.countJobs({ models })).toBe(MANY);
    }
    expect(await store.countJobs({ models: ['phi3:latest'] })).toBe(0);
    expect(await store.countJobs({ client: 'client 77' })).toBe(1);
    expect(await store.queuePositions(['job_1', `job_${MANY}`] as unknown as JobId[])).toEqual([0, MANY - 1]);
  });

  it('forgets the clients with their last job', async () => {
    await store.stop();
    const database = new DatabaseSync(path);
    database.exec("UPDATE jobs SET status = 'COMPLETE', line = NULL, finished_at = 1 WHERE sequence > 10");
    database.close();
    store = await openStore(directory.path, { clock });
    await eventually(
      () => store.tend(1_000),
      ({ nextInMs }) => nextInMs !== 0,
    );
    expect(store.counts()).toMatchObject({ PENDING: 10, COMPLETE: 0 });
    // The one with the highest number stays until there is another.
    expect(buckets()).toBe(11);
    const { id } = await acceptOne(store, { client: 'another' });
    expect(buckets()).toBe(11);
    await store.setPriority(id, 'HIGH');
    expect(buckets()).toBe(11);
    expect(await store.job(id)).toMatchObject({ client: 'another', priority: 'HIGH' });
    expect(await store.job('job_3' as JobId)).toMatchObject({ client: 'client 3' });
  });
});

describe('A hundred thousand', () => {
  test('shapes of filters leave few statements prepared', async () => {
    const directory = await temporaryDirectory();
    await (await openStore(directory.path)).stop();
    const database = new DatabaseSync(join(directory.path, 'vramkeeper.db'));
    database.function('go_on', () => 1);
    const statements = new SqliteStatements(database);
    const reads = new SqlReads(statements, () => {});
    for (let shape = 0; shape < MANY / 50; shape += 1) {
      const labels = Array.from({ length: shape % 90 }, (_, i) => ({ key: `k${i}`, value: 'v' }));
      const filter = {
        ...(labels.length > 0 ? { labels } : {}),
        ...(shape & 1 ? { createdAfter: 0 } : {}),
        ...(shape & 2
          ? { kinds: Array.from({ length: 1 + (shape % 7) }, (_, i) => JOB_KINDS[i % 3] ?? 'CHAT') }
          : {}),
        ...(shape & 4
          ? { statuses: Array.from({ length: 1 + (shape % 11) }, (_, i) => JOB_STATUSES[i % 6] ?? 'FAILED') }
          : {}),
        ...(shape & 8 ? { models: Array.from({ length: shape % 200 }, (_, i) => `m${i}:latest`) } : {}),
      };
      reads.perform({ kind: 'countJobs', input: filter });
    }
    // And whatever else may come to be shaped by callers.
    for (let text = 0; text < MANY; text += 1) statements.row(`SELECT ${text}`);
    expect(statements.size).toBeLessThanOrEqual(256);
    database.close();
    await directory.remove();
  });

  test('clients leave few buckets known by heart', async () => {
    const directory = await temporaryDirectory();
    await (await openStore(directory.path)).stop();
    const database = new DatabaseSync(join(directory.path, 'vramkeeper.db'));
    const buckets = new Buckets(new SqliteStatements(database));
    database.exec('BEGIN');
    const queue = 'llama3:latest' as QueueKey;
    const numbers = new Set<number>();
    for (let i = 0; i < MANY; i += 1)
      numbers.add(buckets.numberOf({ queue, priority: 'NORMAL', client: `client ${i}` }));
    expect(numbers.size).toBe(MANY);
    database.exec('COMMIT');
    // None of them has a job, so only the newest is left.
    expect(database.prepare('SELECT count(*) AS n FROM buckets').get()?.n).toBe(1);
    database.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
      INSERT INTO buckets (queue, priority, client) SELECT 'llama3:latest', 'LOW', 'client ' || i FROM n`);
    for (let i = 1; i <= MANY; i += 1)
      expect(buckets.find({ queue, priority: 'LOW', client: `client ${i}` })).toBeDefined();
    expect(buckets.size).toBeLessThanOrEqual(4_096);
    database.close();
    await directory.remove();
  });

  test('queues leave bounded statistics', () => {
    const statistics = new JobStatistics();
    const job = { status: 'COMPLETE', createdAt: 0, startedAt: 1, finishedAt: 2, priority: 'LOW' } as Job;
    for (let i = 0; i < MANY; i += 1) {
      statistics.record([{ job: { ...job, queue: `m${i}` as QueueKey }, previousStatus: 'RUNNING' }]);
    }
    expect(statistics.finishedWithin(10, 5)).toBeLessThanOrEqual(25_000);
  });

  test('clients that wait at once are counted, and few of them remembered', () => {
    const backlog = new Backlog();
    const wait = (client: string) =>
      backlog.apply(
        [{ queue: 'a' as QueueKey, priority: 'LOW', client, count: 1, createdAtSum: 0, oldestCreatedAt: 0 }],
        0,
      );
    const look = (before: Activation) =>
      activate(
        before,
        backlog.clients,
        backlog.queues().map((each) => ({ backlog: each, options: [] })),
      );
    wait('first');
    let seen = look({ service: VersionedMap.of([['first', 7]]), active: VersionedMap.of() });
    for (let i = 0; i < 2 * MANY; i += 1) wait(`c${i}`);
    seen = look(seen);
    expect(seen.active.size).toBe(2 * MANY + 1);
    expect(seen.service.get('c1')).toBe(7);
    let service = seen.service;
    for (let i = 0; i < MANY; i += 1) service = charge(service, 'c1', 1);
    expect(service.size).toBeLessThanOrEqual(4_096);
    expect(service.get('c1')).toBe(7 + MANY);
  });

  test('texts of queries are kept within their characters', () => {
    const cache = new TextCache<number>(10_000);
    for (let i = 0; i < MANY; i += 1) cache.set(`query ${i} { jobs }`, i);
    expect(cache.characters).toBeLessThanOrEqual(10_000);
  });

  test('keys of a bounded map push out those that were used longest ago', () => {
    const map = new BoundedMap<number, number>(100);
    map.set(0, 0);
    for (let i = 1; i < MANY; i += 1) {
      map.set(i, i);
      expect(map.get(0)).toBe(0);
    }
    expect([map.size, map.get(MANY - 99), map.get(MANY - 100)]).toEqual([100, MANY - 99, undefined]);
  });
});
