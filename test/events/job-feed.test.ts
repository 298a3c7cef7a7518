import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobFilter } from '../../src/domain/job-filter.ts';
import { cursorOf } from '../../src/events/cursor.ts';
import { JobFeed, type JobFeedOptions, type JobNotice, PAGE_SIZE } from '../../src/events/job-feed.ts';
import { eventually } from '../support/eventually.ts';
import { world } from './support/feed-world.ts';
import type { JobTable } from './support/job-table.ts';

const brief = (notices: readonly JobNotice[]) =>
  notices.map(({ type, job, previousStatus, coalesced }) => [
    type,
    job.sequence,
    previousStatus,
    job.status,
    coalesced,
  ]);

describe('following all jobs', () => {
  it('starts with a snapshot, oldest first, and goes on with changes', async () => {
    const { table, follow } = world();
    const a = table.submit();
    table.submit();
    const reader = follow();
    await reader.drain();
    table.finish(a.id);
    await reader.drain();
    expect(brief(reader.taken)).toEqual([
      ['SNAPSHOT', 1, null, 'PENDING', 0],
      ['SNAPSHOT', 2, null, 'PENDING', 0],
      ['CHANGED', 1, 'PENDING', 'COMPLETE', 1],
    ]);
    await reader.close();
  });

  it('says with which event a snapshot ends, and of a change never that', async () => {
    for (const count of [1, 2, PAGE_SIZE + 1]) {
      const { table, follow } = world();
      const first = table.submit();
      for (let i = 1; i < count; i += 1) table.submit();
      const reader = follow();
      await reader.drain();
      table.submit();
      table.finish(first.id);
      await reader.drain();
      const ends = reader.taken.flatMap((notice, i) => (notice.snapshotComplete ? [i] : []));
      expect(ends).toEqual([Math.min(count, PAGE_SIZE) - 1]);
      expect(reader.taken.length).toBeGreaterThan(Math.min(count, PAGE_SIZE));
      await reader.close();
    }
  });

  it('takes the newest hundred into the snapshot', async () => {
    const { table, follow } = world();
    for (let i = 0; i < 150; i += 1) table.submit();
    const taken = await follow().drain();
    expect(taken.map((notice) => notice.job.sequence)).toEqual(
      Array.from({ length: PAGE_SIZE }, (_, i) => i + 51),
    );
  });

  it('tells of a change that falls into the reading of the snapshot exactly once', async () => {
    for (const readOfChange of [1, 2, 3, 4]) {
      const { table, follow } = world();
      const job = table.submit();
      table.onRead = () => {
        if (table.moments === readOfChange) table.finish(job.id);
      };
      const reader = follow();
      await reader.drain();
      expect(reader.taken.filter((notice) => notice.job.status === 'COMPLETE')).toHaveLength(1);
      await reader.close();
    }
  });

  it('sends a job that the snapshot has told in a status, and that leaves it before the stream goes on', async () => {
    for (const byId of [false, true]) {
      for (const moments of [
        [1, 4],
        [2, 4],
        [3, 4],
      ]) {
        const { table, follow } = world();
        const job = table.submit();
        const changes = ['start', 'cancel'] as const;
        const at = table.moments;
        table.onRead = () => {
          const next = moments.indexOf(table.moments - at);
          const change = changes[next];
          if (change) table.apply(job.id, change);
        };
        const reader = follow({ filter: { statuses: ['RUNNING'] }, ...(byId && { id: job.id }) });
        await reader.drain();
        table.onRead = () => {};
        const told = reader.taken.map(({ previousStatus, job: { status } }) => [previousStatus, status]);
        const left = told.findIndex(([, status]) => status === 'RUNNING');
        if (left >= 0)
          expect(told.slice(left)).toEqual([
            [null, 'RUNNING'],
            ['RUNNING', 'CANCELLED'],
          ]);
        await reader.close();
      }
    }
  });

  it('sends a job that was moved out of the priorities asked for once more, and others not at all', async () => {
    const { table, follow } = world();
    const [moved, other] = [table.submit(), table.submit()];
    const reader = follow({ filter: { priorities: ['NORMAL'] } });
    await reader.drain();
    table.move(moved.id, 'HIGH');
    await reader.drain();
    table.move(other.id, 'LOW');
    table.finish(other.id);
    table.finish(moved.id);
    await reader.drain();
    expect(reader.taken.slice(2).map(({ job }) => [job.id, job.priority, job.status])).toEqual([
      [moved.id, 'HIGH', 'PENDING'],
      [other.id, 'LOW', 'COMPLETE'],
    ]);
    await reader.close();
  });

  it('sends a job that stops matching once more', async () => {
    const { table, follow } = world();
    const job = table.submit();
    const reader = follow({ filter: { statuses: ['PENDING'] } });
    await reader.drain();
    table.apply(job.id, 'start');
    await reader.drain();
    table.apply(job.id, 'complete');
    await reader.drain();
    expect(brief(reader.taken)).toEqual([
      ['SNAPSHOT', 1, null, 'PENDING', 0],
      ['CHANGED', 1, 'PENDING', 'RUNNING', 0],
    ]);
    await reader.close();
  });

  it('passes an error of the store on and is over then', async () => {
    const { log, table, clock } = world();
    const store = { ...readsOf(table), list: () => Promise.reject(new Error('the disk is gone')) };
    const feed = new JobFeed({ log, store, clock });
    await expect(feed.next()).rejects.toThrow('the disk is gone');
    await expect(feed.next()).resolves.toEqual({ done: true, value: undefined });
  });
});

describe('a reader that the log has overrun', () => {
  it('pages through all that changed, holding one page, and joins the log again', async () => {
    const { table, log, follow } = world(16);
    const reader = follow();
    await reader.take();
    const jobs = Array.from({ length: 350 }, () => table.submit());
    for (const job of jobs) table.finish(job.id);
    const readsBefore = table.reads;
    await reader.drain();
    expect(
      reader.taken.filter((notice) => notice.job.status === 'COMPLETE').map((n) => n.job.sequence),
    ).toEqual(jobs.map((job) => job.sequence));
    expect(table.reads - readsBefore).toBe(4);
    const one = table.submit();
    await reader.drain();
    expect(reader.taken.at(-1)).toMatchObject({ job: { id: one.id }, previousStatus: null, coalesced: 0 });
    expect(log.waiting).toBe(1);
    await reader.close();
  });

  it('misses nothing that changes while it pages', async () => {
    const { table, follow } = world(8);
    const reader = follow();
    await reader.take();
    const jobs = Array.from({ length: 120 }, () => table.submit());
    table.onRead = () => {
      for (const job of jobs.splice(0, 3)) table.finish(job.id);
    };
    await reader.drain();
    const told = new Map(reader.taken.map((notice) => [notice.job.id, notice.job.revision]));
    for (const job of table.jobs.values()) expect(told.get(job.id)).toBe(job.revision);
    await reader.close();
  });

  it('is told of a job that stopped matching meanwhile', async () => {
    const { table, follow } = world(4);
    const job = table.submit();
    const reader = follow({ filter: { statuses: ['PENDING'] } });
    await reader.take();
    table.finish(job.id);
    for (let i = 0; i < 10; i += 1) table.submit();
    await reader.drain();
    expect(
      reader.taken.filter((notice) => notice.job.id === job.id).map((notice) => notice.job.status),
    ).toEqual(['PENDING', 'COMPLETE']);
    await reader.close();
  });
});

describe('following one job', () => {
  it('completes after its end was told', async () => {
    const { table, follow } = world();
    const job = table.submit();
    const reader = follow({ id: job.id });
    await reader.drain();
    table.submit();
    table.apply(job.id, 'start');
    await reader.drain();
    table.apply(job.id, 'fail');
    await reader.drain();
    expect(brief(reader.taken)).toEqual([
      ['SNAPSHOT', 1, null, 'PENDING', 0],
      ['CHANGED', 1, 'PENDING', 'RUNNING', 0],
      ['CHANGED', 1, 'RUNNING', 'FAILED', 0],
    ]);
    expect(reader.done).toBe(true);
  });

  it('completes at once for a finished and for an unknown job', async () => {
    const { table, follow } = world();
    const job = table.submit();
    table.finish(job.id);
    const finished = follow({ id: job.id });
    expect(brief(await finished.drain())).toEqual([['SNAPSHOT', 1, null, 'COMPLETE', 0]]);
    expect(finished.done).toBe(true);
    const unknown = follow({ id: 'job_none' as JobId });
    expect(await unknown.drain()).toEqual([]);
    expect(unknown.done).toBe(true);
  });

  it('finds its end in the store when the log has lost it', async () => {
    const { table, follow } = world(4);
    const job = table.submit();
    const reader = follow({ id: job.id });
    await reader.take();
    table.finish(job.id);
    for (let i = 0; i < 10; i += 1) table.submit();
    expect(brief(await reader.drain())).toEqual([
      ['SNAPSHOT', 1, null, 'PENDING', 0],
      ['CHANGED', 1, null, 'COMPLETE', 0],
    ]);
    expect(reader.done).toBe(true);
  });
});

describe('coming back with a cursor', () => {
  it('goes on after the event that it came with', async () => {
    const { table, follow } = world();
    const job = table.submit();
    const reader = follow();
    await reader.drain();
    await reader.close();
    table.finish(job.id);
    const back = follow({ after: reader.taken.at(-1)?.cursor });
    expect(brief(await back.drain())).toEqual([['CHANGED', 1, 'PENDING', 'COMPLETE', 1]]);
    await back.close();
  });

  it('is sent the snapshot again that it left half-way, and how the jobs of the first part went on', async () => {
    const { table, follow } = world();
    const jobs = Array.from({ length: 2 }, () => table.submit());
    const reader = follow();
    await reader.take();
    await reader.close();
    // The first job is not among the newest any more.
    for (let i = 0; i < PAGE_SIZE; i += 1) table.submit();
    table.finish(jobs[0]?.id as JobId);
    const again = follow({ after: reader.taken[0]?.cursor });
    await again.take();
    await again.close();
    const back = follow({ after: again.taken[0]?.cursor });
    const taken = await back.drain();
    expect(taken.filter((notice) => notice.type === 'SNAPSHOT')).toHaveLength(PAGE_SIZE);
    expect(brief(taken.slice(PAGE_SIZE))).toEqual([['CHANGED', 1, null, 'COMPLETE', 0]]);
    await back.close();
  });

  it.each([
    ['the log has moved on', 4],
    ['the server was restarted', 8_192],
  ])('is told each end that it missed, and no snapshot, when %s', async (how, capacity) => {
    const { table, follow, restart } = world(capacity);
    const jobs = Array.from({ length: 300 }, () => table.submit());
    const reader = follow();
    await reader.drain();
    table.apply(jobs[0]?.id as JobId, 'start');
    await reader.drain();
    await reader.close();
    for (const job of jobs.slice(0, 230)) table.finish(job.id);
    if (how === 'the server was restarted') restart();
    const back = follow({ after: reader.taken.at(-1)?.cursor });
    const taken = await back.drain();
    expect(taken.map(({ type, job }) => [type, job.sequence, job.status])).toEqual(
      jobs.slice(0, 230).map((job) => ['CHANGED', job.sequence, 'COMPLETE']),
    );
    table.finish(jobs[299]?.id as JobId);
    expect((await back.drain()).at(-1)).toMatchObject({ job: { sequence: 300, status: 'COMPLETE' } });
    await back.close();
  });

  it('begins anew when its cursor counts another store’s changes', async () => {
    const { table, follow } = world();
    const jobs = Array.from({ length: 3 }, () => table.submit());
    const reader = follow();
    await reader.drain();
    await reader.close();
    const { cursor = '' } = reader.taken.at(-1) ?? {};
    const back = follow({ after: `AnotherS${cursor.slice(cursor.indexOf('.'))}` });
    expect((await back.drain()).map(({ type, job }) => [type, job.id])).toEqual(
      jobs.map(({ id }) => ['SNAPSHOT', id]),
    );
    await back.close();
  });

  it.each(['PENDING', 'RUNNING', 'QUEUED'] as const)(
    'learns that a job is not %s any more, although that change was merged into a later one before it left',
    async (status) => {
      for (const capacity of [4, 8_192]) {
        const { table, follow } = world(capacity);
        const a = table.submit();
        const b = table.submit();
        for (const { id } of [a, b]) {
          if (status === 'QUEUED') table.apply(id, 'claim');
          if (status === 'RUNNING') table.apply(id, 'start');
        }
        const reader = follow({ filter: { statuses: [status] } });
        await reader.drain();
        // Its first change is passed over, since a newer one is ahead; the reader leaves between the two.
        table.apply(a.id, status === 'RUNNING' ? 'return' : 'start');
        table.apply(b.id, 'cancel');
        table.apply(a.id, 'cancel');
        await reader.take();
        await reader.close();
        expect(reader.taken.at(-1)?.job.id).toBe(b.id);
        for (let i = 0; i < 10; i += 1) table.submit();
        const back = follow({ filter: { statuses: [status] }, after: reader.taken.at(-1)?.cursor });
        const taken = await back.drain();
        expect(taken.find((notice) => notice.job.id === a.id)?.job.status).toBe('CANCELLED');
        await back.close();
      }
    },
  );

  it('hears nothing of jobs that can never have matched', async () => {
    const { table, follow, restart } = world();
    const filter: JobFilter = { statuses: ['COMPLETE'] };
    const [a, b] = [table.submit(), table.submit()];
    const reader = follow({ filter });
    await reader.take();
    table.finish(a.id);
    await reader.drain();
    restart();
    table.apply(b.id, 'start');
    const back = follow({ filter, after: reader.taken.at(-1)?.cursor });
    await back.take();
    table.apply(b.id, 'fail');
    expect(await back.drain()).toEqual([]);
    await back.close();
  });

  it.each(['store of another name', 'store that was put back to an older state'])(
    'begins with a snapshot on a %s',
    async (which) => {
      const { table, follow, log } = world();
      table.submit();
      const history = which === 'store of another name' ? 'AAAAAAAA' : log.history;
      const back = follow({ after: cursorOf(history, { revision: 5, withinSnapshot: false }) });
      expect((await back.drain()).map((notice) => notice.type)).toEqual(['SNAPSHOT']);
      await back.close();
    },
  );

  it('completes for a job whose end was told before', async () => {
    const { table, follow } = world();
    const job = table.submit();
    const reader = follow({ id: job.id });
    await reader.drain();
    table.finish(job.id);
    const end = (await reader.drain()).at(-1);
    expect(end?.job.status).toBe('COMPLETE');
    const back = follow({ id: job.id, after: end?.cursor });
    expect(await back.drain()).toEqual([]);
    expect(back.done).toBe(true);
  });
});

describe('leaving', () => {
  it('settles a pending next, and leaves nothing behind', async () => {
    const { log, table, clock } = world();
    const job = table.submit();
    for (const id of [undefined, job.id]) {
      const feed = new JobFeed({ log, store: table, clock, id });
      await feed.next();
      const pending = feed.next();
      await nextTurn();
      expect(log.waiting).toBe(1);
      await expect(feed.return()).resolves.toEqual({ done: true, value: undefined });
      await expect(pending).resolves.toEqual({ done: true, value: undefined });
      await nextTurn();
      expect(log.waiting).toBe(0);
    }
  });

  it('is for all readers when the log ends', async () => {
    const { log, follow } = world();
    const readers = Array.from({ length: 20 }, () => follow());
    for (const reader of readers) await reader.take();
    expect(log.waiting).toBe(20);
    log.end();
    await eventually(() => readers.every((reader) => reader.done));
    expect(log.waiting).toBe(0);
  });
});

function readsOf(table: JobTable): JobFeedOptions['store'] {
  return {
    job: (id) => table.job(id),
    list: (query) => table.list(query),
    changedSince: (revision, limit) => table.changedSince(revision, limit),
    revision: () => table.revision(),
  };
}
