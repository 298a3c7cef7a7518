/** Lists that look at many rows hold up nobody else, and end when nobody waits for them. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SteadyClock, systemClock } from '../../src/clock.ts';
import { CallerGoneError, ReadTooLongError, StoreBusyError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobQuery, Store } from '../../src/domain/store.ts';
import type { Reads } from '../../src/store/operation.ts';
import { letEnd, PATIENT } from '../../src/store/sqlite/patience.ts';
import { ListLanes, type ListWorker, sharedCell } from '../../src/store/threads/list-lanes.ts';
import { Patience } from '../../src/store/threads/patience.ts';
import { WorkerLink } from '../../src/store/threads/worker-link.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const JOBS = 400_000;
const FIRST = { filter: {}, order: { field: 'CREATED_AT', direction: 'ASC' }, limit: 5 } as const;
/** There is no such job, which only a look at every one can tell. */
const EVERY: JobQuery = { ...FIRST, filter: { kinds: ['CHAT'] } };

describe('A store with many jobs', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let store: Store;
  beforeAll(async () => {
    directory = await temporaryDirectory();
    await (await openStore(directory.path)).stop();
    const database = new DatabaseSync(join(directory.path, 'vramkeeper.db'));
    database.exec(`
      INSERT INTO buckets (id, queue, priority, client) VALUES (1, 'llama3:latest', 'NORMAL', 'alice');
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${JOBS})
      INSERT INTO jobs (sequence, id, revision, status, bucket, urgency, fence, finished_at, failed_attempts, created_at,
        max_attempts, kind, model_name)
      SELECT i, 'job_' || i, i, 'COMPLETE', 1, 1, 1, i, 0, i, 3, 'GENERATE', 'llama3' FROM n;
    `);
    database.close();
    store = await openStore(directory.path);
  });
  afterAll(async () => {
    await store.stop();
    await directory.remove();
  });

  it('answers by id, and plain pages, before lists that were asked for earlier', async () => {
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const lists = Array.from({ length: 12 }, (_, i) =>
      store.list(EVERY, { caller: `greedy${i % 3}` }).then(note('every')),
    );
    const counts = Array.from({ length: 4 }, () =>
      store.countJobs({ kinds: ['EMBED'] }, { caller: 'greedy0' }).then(note('every')),
    );
    await store.job('job_77' as JobId).then(note('id'));
    await store.list(FIRST, { caller: 'modest' }).then(note('page'));
    expect(ended.filter((name) => name === 'every').length).toBeLessThan(12);
    expect(ended).toContain('page');
    await Promise.all([...lists, ...counts]);
    expect(await store.list(EVERY)).toEqual({ jobs: [], hasPrevious: false, hasNext: false });
    expect(await store.countJobs({ kinds: ['GENERATE'] })).toBe(JOBS);
  });

  it('goes on writing and answering by id while texts are searched for in every job', async () => {
    let searching = true;
    const searches = Promise.all(
      ['nowhere', 'NOBODY', 'none', 'nil'].map((matching) =>
        store.countJobs({ matching }, { caller: matching }),
      ),
    ).finally(() => {
      searching = false;
    });
    for (let i = 0; i < 5; i += 1) {
      await store.remember('space', 'key', i);
      expect(await store.job(`job_${i + 1}` as JobId)).not.toBeNull();
    }
    expect(searching).toBe(true);
    expect(await searches).toEqual([0, 0, 0, 0]);
    expect(await store.countJobs({ matching: 'LLAMA3' })).toBe(JOBS);
  });

  it('has nothing left in its queues of callers who are gone', async () => {
    const lister = (): ListWorker => {
      const program = new URL('../../src/store/sqlite/reader.ts', import.meta.url);
      const abandoned = sharedCell();
      const settings = {
        dataDir: directory.path,
        serverId: '',
        leaseMs: 0,
        groupLimit: 1,
        clock: new SteadyClock(systemClock).reading(),
        abandoned,
      };
      const ignored = { now: () => 0, onReport: () => {}, onDeath: () => {} };
      return {
        link: new WorkerLink<Reads>({ name: 'lister', role: 'reader', program, settings, ...ignored }),
        abandoned,
      };
    };
    const workers = [lister(), lister()] as const;
    const lanes = new ListLanes(...workers);
    const gone = new AbortController();
    const lists = Array.from({ length: 40 }, (_, i) =>
      lanes.read('list', EVERY, { caller: `gone${i % 4}`, signal: gone.signal }),
    );
    expect(lanes.size).toBe(40);
    gone.abort();
    // One may be running, and ends by itself within some rows.
    expect(lanes.size).toBeLessThanOrEqual(1);
    await Promise.allSettled(lists);
    expect((await lanes.read('list', FIRST, { caller: 'stays' })).jobs).toHaveLength(5);
    await Promise.all(workers.map(({ link }) => link.stop()));
  });

  it('drops what the callers who are gone asked for', async () => {
    const ended: string[] = [];
    const gone = Array.from({ length: 40 }, () => new AbortController());
    const lists = gone.map(({ signal }, i) => store.list(EVERY, { caller: `gone${i % 4}`, signal }));
    const outcomes = Promise.allSettled(lists).then((all) => {
      ended.push('gone');
      return all;
    });
    const stayed = store.list(EVERY, { caller: 'stays' }).then(() => ended.push('stayed'));
    for (const caller of gone) caller.abort();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(CallerGoneError) });
    }
    await stayed;
    expect(ended).toEqual(['gone', 'stayed']);
    const late = store.list(EVERY, { caller: 'late', signal: AbortSignal.abort() });
    await expect(late).rejects.toBeInstanceOf(CallerGoneError);
  });

  it('lets only so many lists wait', async () => {
    const controller = new AbortController();
    const scope = { caller: 'greedy', signal: controller.signal };
    const lists = Promise.allSettled(Array.from({ length: 1_100 }, () => store.list(EVERY, scope)));
    await expect(store.list(EVERY, scope)).rejects.toBeInstanceOf(StoreBusyError);
    controller.abort();
    expect((await lists).every(({ status }) => status === 'rejected')).toBe(true);
    expect((await store.list(FIRST)).jobs).toHaveLength(5);
  });
});

describe('A long statement', () => {
  const ROWS = 100_000;

  function counting(cell: Int32Array) {
    const database = new DatabaseSync(':memory:');
    database.exec(
      `CREATE TABLE jobs (sequence INTEGER PRIMARY KEY);
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO jobs SELECT i FROM n`,
    );
    const patience = new Patience(cell);
    letEnd(database, patience);
    let seen = 0;
    let at = (_seen: number) => {};
    database.function('see', () => {
      seen += 1;
      at(seen);
      return 1;
    });
    const count = () => database.prepare(`SELECT count(*) FROM jobs WHERE ${PATIENT} AND see()`).get();
    return {
      patience,
      count,
      seen: () => seen,
      onSeen: (act: (seen: number) => void) => {
        at = act;
      },
    };
  }

  it('ends within some hundred rows of being abandoned', () => {
    const cell = sharedCell();
    const { patience, count, seen, onSeen } = counting(cell);
    patience.grant({ ticket: 7, withinMs: 60_000 });
    onSeen((rows) => {
      if (rows === 10_000) Atomics.store(cell, 0, 7);
    });
    expect(count).toThrow(CallerGoneError);
    expect(seen()).toBeLessThan(10_000 + 512);
  });

  it('ends when its time is over', () => {
    const { patience, count, seen } = counting(sharedCell());
    patience.grant({ ticket: 1, withinMs: -1 });
    expect(count).toThrow(ReadTooLongError);
    expect(seen()).toBeLessThan(512);
  });

  it('goes on while another one is abandoned, or nobody limits it', () => {
    const cell = sharedCell();
    const { patience, count, seen } = counting(cell);
    Atomics.store(cell, 0, 6);
    patience.grant({ ticket: 7, withinMs: 60_000 });
    count();
    patience.grant(undefined);
    count();
    expect(seen()).toBe(2 * ROWS);
  });
});
