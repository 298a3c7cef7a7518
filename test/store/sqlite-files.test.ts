/** What the SQLite store promises about its files: who may open them, what it refuses, and what is there after a restart. */
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { DataDirectoryInUseError, StoreUnusableError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { SCHEMA_VERSION } from '../../src/store/sqlite/migrations.ts';
import { checkIntegrity } from '../../src/store/sqlite/open-database.ts';
import {
  accept,
  acceptOne,
  allJobs,
  blobOf,
  claimOf,
  claimOne,
  complete,
  newJob,
  queueOf,
  submission,
} from '../contract/store-fixtures.ts';
import { startChild } from './support/child.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let dataDir: string;
const opened: Store[] = [];

async function opening(options?: Parameters<typeof openStore>[1]): Promise<Store> {
  const store = await openStore(dataDir, options);
  opened.push(store);
  return store;
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  dataDir = join(directory.path, 'data', 'here');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.stop()));
  await directory.remove();
});

describe('A restart', () => {
  it('finds every job, result, fact and blob, and the same counters', async () => {
    const clock = new VirtualClock();
    const first = await opening({ clock });
    const [hash, bytes] = blobOf('an image');
    const idempotency = { client: 'alice', key: 'k', inputHash: 'h' };
    const image = newJob({ request: { kind: 'GENERATE', prompt: 'What?', images: [hash] } });
    await first.submit(submission([image], { blobs: new Map([[hash, bytes]]), idempotency }));
    await accept(first, { client: 'bob' }, { priority: 'HIGH' }, { modelName: 'phi3' }, { client: 'bob' });
    await complete(first, (await claimOne(first, { client: 'bob' })).job, 'done');
    const held = (await claimOne(first, { priority: 'HIGH' })).job;
    await first.returnToQueue([{ ...held, attempt: null, counts: true, delayMs: 5_000 }]);
    await first.remember('footprints', 'phi3', { bytes: 7 });
    const before = { jobs: await allJobs(first), counts: first.counts(), backlog: shape(first) };
    await first.stop();

    const second = await opening({ clock });
    expect({ jobs: await allJobs(second), counts: second.counts(), backlog: shape(second) }).toEqual(before);
    expect(await second.recover()).toEqual({ requeued: 0, cancelled: 0 });
    expect(await second.blob(hash)).toEqual(bytes);
    expect((await second.recall('footprints')).get('phi3')).toEqual({ bytes: 7 });
    expect(await second.output(before.jobs[1]?.id as JobId)).toMatchObject([{ text: 'done' }]);
    expect(await second.submit(submission([newJob()], { idempotency }))).toMatchObject({ kind: 'duplicate' });
    const next = await acceptOne(second);
    expect(next.sequence).toBe(6);
    expect(next.revision).toBe(Math.max(...before.jobs.map(({ revision }) => revision)) + 1);
  });

  it('gives no sequence or revision out again, even when every job is forgotten', async () => {
    const clock = new VirtualClock();
    const first = await opening({ clock });
    const [, last] = await accept(first, {}, {});
    for (const { job } of await first.claim(claimOf(2))) await complete(first, job);
    const revision = await first.revision();
    clock.advance(1_000);
    await first.tend(0);
    expect(await allJobs(first)).toEqual([]);
    await first.stop();

    const next = await acceptOne(await opening({ clock }));
    expect(next.sequence).toBeGreaterThan(last?.sequence ?? 0);
    expect(next.revision).toBeGreaterThan(revision);
  });

  it('recounts a long queue', async () => {
    const clock = new VirtualClock();
    const first = await opening({ clock });
    for (let made = 0; made < 8_000; made += 1_000) {
      await accept(first, ...Array(1_000).fill({}));
      clock.advance(1);
    }
    const before = shape(first);
    await first.stop();
    expect(before.count).toBe(8_000);
    expect(shape(await opening({ clock }))).toEqual(before);
  });

  it('returns what the earlier life held to the queue, with its age and no attempt counted', async () => {
    const first = await opening();
    const [one, two] = await accept(first, {}, {}, {});
    await claimOne(first, { as: 'QUEUED' });
    const { job: running } = await claimOne(first);
    await first.stop();

    const second = await opening();
    const own = (await claimOne(second)).job;
    expect(await second.recover()).toEqual({ requeued: 2, cancelled: 0 });
    expect(await second.jobs([one?.id as JobId, two?.id as JobId, own.id])).toMatchObject([
      { status: 'PENDING', sequence: 1, failedAttempts: 0, history: [], startedAt: null, backend: null },
      {
        status: 'PENDING',
        sequence: 2,
        failedAttempts: 0,
        history: [
          {
            number: running.fence,
            backend: 'box',
            startedAt: running.startedAt,
            finishedAt: expect.any(Number),
            failure: { code: 'INTERRUPTED' },
          },
        ],
        startedAt: null,
        backend: null,
      },
      { status: 'RUNNING' },
    ]);
    expect(await complete(second, running)).toBe(false);
    const again = await second.claim(claimOf(2));
    expect(again.map(({ job }) => [job.id, job.fence])).toEqual([
      [one?.id, 2],
      [two?.id, 2],
    ]);
  });
});

describe('After a kill', () => {
  it('jobs whose callers waited on the dead server end, wherever they were, and all others go on', async () => {
    const child = startChild(dataDir, 'live');
    await child.line((text) => text === 'held');
    await child.kill();
    const told = child.lines.map((line) => line.split(' ')).filter(([, , id]) => id !== undefined);
    expect(told.map(([client, status]) => `${client} ${status}`).sort()).toEqual(
      ['live', 'other'].flatMap((client) =>
        ['PENDING', 'PENDING', 'QUEUED', 'RUNNING', 'RUNNING'].map((status) => `${client} ${status}`),
      ),
    );

    const store = await opening();
    const own = await acceptOne(store, { client: 'own', live: true });
    expect(await store.recover()).toEqual({ requeued: 3, cancelled: 5 });
    expect(await store.recover()).toEqual({ requeued: 0, cancelled: 0 });
    const ids = (of: string) => told.flatMap(([client, , id]) => (client === of ? [id as JobId] : []));
    expect(await store.jobs(ids('live'))).toEqual(
      ids('live').map(() =>
        expect.objectContaining({
          status: 'CANCELLED',
          live: false,
          finishedAt: expect.any(Number),
          notBefore: null,
        }),
      ),
    );
    expect(reasons(ids('live'))).toEqual(
      ids('live').map(() => 'The server that its client waited on has ended.'),
    );
    expect((await store.jobs(ids('other'))).map((job) => job?.status)).toEqual(Array(5).fill('PENDING'));
    expect(store.backlog.count).toBe(5);
    expect(await store.job(own.id)).toEqual(own);
    const [again] = ids('live');
    if (!again) throw new Error('There are live ones.');
    await store.retry(again, 100);
    await store.stop();
    // Whoever retries one does not wait on a connection.
    expect(await (await opening()).recover()).toEqual({ requeued: 0, cancelled: 1 });
  });

  function reasons(ids: readonly JobId[]): unknown[] {
    const database = new DatabaseSync(join(dataDir, 'vramkeeper.db'), { readOnly: true });
    try {
      const statement = database.prepare('SELECT cancel_reason AS reason FROM jobs WHERE id = ?');
      return ids.map((id) => statement.get(id)?.reason);
    } finally {
      database.close();
    }
  }
});

describe('The data directory', () => {
  it('is made for its owner alone', async () => {
    await acceptOne(await opening());
    const modes = await Promise.all(
      ['', 'vramkeeper.db', 'vramkeeper.db-wal', 'owner.db'].map(
        async (name) => (await stat(join(dataDir, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  it('belongs to one server, and to the next one as soon as that has stopped', async () => {
    const first = await opening();
    const refused = openStore(dataDir);
    await expect(refused).rejects.toBeInstanceOf(DataDirectoryInUseError);
    await expect(refused).rejects.toThrow(dataDir);
    await acceptOne(first);
    await first.stop();
    expect((await opening()).counts().PENDING).toBe(1);
  });

  it('belongs to one process, until that is killed', async () => {
    const child = startChild(dataDir, 'idle');
    try {
      await child.line((text) => text === 'ready');
      await expect(openStore(dataDir)).rejects.toBeInstanceOf(DataDirectoryInUseError);
    } finally {
      await child.kill();
    }
    expect((await opening()).counts().PENDING).toBe(0);
  });

  it('that another server has taken over is left alone by the first, which ends with the reason', async () => {
    const deaths: Error[] = [];
    const first = await opening({ onDeath: (error) => deaths.push(error) });
    const kept = await acceptOne(first);
    // As on a volume whose locks run out.
    await rm(join(dataDir, 'owner.db'));
    const second = await opening();
    const { job } = await claimOne(second);
    for (const write of [() => acceptOne(first), () => first.cancel(kept.id, null), () => first.tend(0)])
      await expect(write()).rejects.toBeInstanceOf(DataDirectoryInUseError);
    expect(deaths).toEqual([expect.any(DataDirectoryInUseError)]);
    expect(deaths[0]?.message).toMatch(/taken over/);
    expect(await allJobs(second)).toEqual([job]);
  });

  it('cannot be a file', async () => {
    const file = join(directory.path, 'file');
    await writeFile(file, '');
    const refused = openStore(file);
    await expect(refused).rejects.toBeInstanceOf(StoreUnusableError);
    await expect(refused).rejects.toThrow(file);
  });
});

describe('A database file', () => {
  async function stopped(): Promise<string> {
    const store = await opening();
    await accept(store, ...Array(500).fill({}));
    await store.stop();
    return join(dataDir, 'vramkeeper.db');
  }

  it('that is no database is refused by name, and left as it is', async () => {
    const path = await stopped();
    await writeFile(path, 'These are not the pages you are looking for. '.repeat(200));
    const before = await readFile(path);
    const refused = openStore(dataDir);
    await expect(refused).rejects.toBeInstanceOf(StoreUnusableError);
    await expect(refused).rejects.toThrow(path);
    expect(await readFile(path)).toEqual(before);
  });

  it('with damaged pages is refused by name', async () => {
    const path = await stopped();
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    for (let at = 8_192; at < size; at += 4_096)
      await file.write(new Uint8Array(2_048).fill(0xa5), 0, 2_048, at);
    await file.close();
    const refused = openStore(dataDir);
    await expect(refused).rejects.toBeInstanceOf(StoreUnusableError);
    await expect(refused).rejects.toThrow(path);
  });

  it('that is big is checked where the queue lives', async () => {
    const path = await stopped();
    const database = new DatabaseSync(path);
    try {
      expect(() => checkIntegrity(database, path, 0)).not.toThrow();
      const root = Number(
        database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").get()?.rootpage,
      );
      await damage(path, root);
    } finally {
      database.close();
    }
    const again = new DatabaseSync(path);
    try {
      expect(() => checkIntegrity(again, path, 0)).toThrow(StoreUnusableError);
    } finally {
      again.close();
    }
  });

  it('of a newer version is refused, and left as it is', async () => {
    const path = await stopped();
    setVersion(path, SCHEMA_VERSION + 1);
    const refused = openStore(dataDir);
    await expect(refused).rejects.toBeInstanceOf(StoreUnusableError);
    await expect(refused).rejects.toThrow(/newer/);
    setVersion(path, SCHEMA_VERSION);
    expect((await opening()).counts().PENDING).toBe(500);
  });
});

describe('Commits', () => {
  it('take in all operations of a tick', async () => {
    const store = await opening();
    let commits = 0;
    store.onCommit(() => {
      commits += 1;
    });
    await Promise.all(Array.from({ length: 200 }, () => acceptOne(store)));
    expect(commits).toBe(1);
  });

  it('gather what is asked for while one runs', async () => {
    const store = await opening();
    let commits = 0;
    store.onCommit(() => {
      commits += 1;
    });
    const lives = Array.from({ length: 64 }, async () => {
      for (let i = 0; i < 5; i += 1) await acceptOne(store);
    });
    await Promise.all(lives);
    expect(store.counts().PENDING).toBe(320);
    expect(commits).toBeLessThan(64);
  });

  it('hold no more than the limit', async () => {
    const store = await opening({ groupLimit: 10 });
    const sizes: number[] = [];
    store.onCommit((changes) => sizes.push(changes.length));
    await Promise.all(Array.from({ length: 25 }, () => acceptOne(store)));
    expect(sizes).toEqual([10, 10, 5]);
  });
});

describe('A file system that is full', () => {
  it('fails the operations that do not fit and keeps every one that was answered', async () => {
    const child = startChild(dataDir, 'fill', { fileSizeKiB: 4_096 });
    const accepted: JobId[] = [];
    let refusals = 0;
    await child.line((text) => {
      if (text.startsWith('accepted ')) accepted.push(text.slice(9) as JobId);
      if (text === 'refused STORE_UNWRITABLE') refusals += 1;
      return text.startsWith('agrees ');
    });
    expect(child.lines).toContain('agrees true');
    await child.line((text) => text.startsWith('problem ') && /disk/.test(text));
    await child.kill();
    expect(refusals).toBeGreaterThan(0);
    expect(accepted.length).toBeGreaterThan(10);

    const store = await opening();
    expect((await allJobs(store)).map(({ id }) => id).toSorted()).toEqual(accepted.toSorted());
    expect(store.backlog.queue(queueOf('llama3'))?.count).toBe(accepted.length);
    await acceptOne(store);
  });

  it('is a problem until there is room again', async () => {
    const child = startChild(dataDir, 'fill', { fileSizeKiB: 4_096 });
    await child.line((text) => text.startsWith('problem '));
    child.makeRoom();
    await child.line((text) => text === 'mended');
    await child.kill();
  });
});

/** Overwrites half of one page. */
async function damage(path: string, page: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(new Uint8Array(2_048).fill(0xa5), 0, 2_048, (page - 1) * 4_096);
  await file.close();
}

function setVersion(path: string, version: number): void {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}

function shape(store: Store) {
  return {
    count: store.backlog.count,
    delayed: store.backlog.delayed,
    queues: store.backlog.queues().toSorted((a, b) => (a.queue < b.queue ? -1 : 1)),
  };
}

describe('A bucket that was made in an operation that failed', () => {
  it('is made anew by the next job that needs it, and takes no other one over', async () => {
    const store = await opening();
    const existing = await acceptOne(store);
    const failing = (client: string) =>
      store.submit(submission([newJob({ client }), newJob({ id: existing.id })]));
    const [first] = await Promise.allSettled([failing('bob'), acceptOne(store, { client: 'carol' })]);
    expect(first.status).toBe('rejected');
    const bob = await acceptOne(store, { client: 'bob' });
    expect((await claimOne(store, { client: 'bob' })).job).toMatchObject({ id: bob.id, client: 'bob' });
    expect(await store.claim(claimOf(5, { client: 'bob' }))).toEqual([]);
    expect((await allJobs(store)).map(({ client }) => client)).toEqual(['alice', 'carol', 'bob']);
  });
});
