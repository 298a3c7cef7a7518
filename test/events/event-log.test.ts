import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { cursorOf, positionOf } from '../../src/events/cursor.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { KeyReader, ScanReader } from '../../src/events/log-reader.ts';
import { EventCursor } from '../../src/graphql/scalars.ts';
import { JobTable, jobRecord } from './support/job-table.ts';

const newLog = (capacity?: number, seed = 1) => new EventLog({ random: seededRandom(seed), capacity });

describe('the event log', () => {
  it('holds the newest entries, linked to the one before of the same job', () => {
    const log = newLog(4);
    const table = new JobTable(log);
    const a = table.submit();
    const b = table.submit();
    table.finish(a.id);
    table.apply(b.id, 'cancel');
    expect([log.oldest, log.newest]).toEqual([2, 5]);
    expect(log.entry(1)).toBeUndefined();
    expect(log.latestOf(a.id)).toMatchObject({ sequence: 4, previous: 3, revision: 4 });
    expect(log.latestOf(b.id)).toMatchObject({ sequence: 5, previous: 2, revision: 5 });
  });

  it('keeps no trace of jobs that left the ring', () => {
    const log = newLog(8);
    const table = new JobTable(log);
    for (let i = 0; i < 1_000; i += 1) table.submit();
    expect(log.keys).toBe(8);
  });

  it('wakes each waiting reader once, those of one job only for that job', () => {
    const log = newLog();
    const table = new JobTable(log);
    const woken: string[] = [];
    const first = table.submit();
    const second = table.submit();
    log.onNext(first.id, () => woken.push('first'));
    log.onNext(null, () => woken.push('any'));
    const takeBack = log.onNext(second.id, () => woken.push('taken back'));
    takeBack();
    table.finish(second.id);
    table.finish(first.id);
    expect(woken).toEqual(['any', 'first']);
    expect(log.waiting).toBe(0);
  });

  it('wakes everyone when it ends, and drops what comes later', () => {
    const log = newLog();
    let woken = 0;
    const wake = () => {
      woken += 1;
    };
    log.onNext(null, wake);
    log.onNext('vram', () => wake());
    log.onEnd(() => wake());
    log.end();
    log.publish({ kind: 'vram' }, 0);
    log.onNext(null, wake);
    expect({ woken, newest: log.newest, waiting: log.waiting }).toEqual({ woken: 4, newest: 0, waiting: 0 });
  });
});

describe('a reader that takes every job', () => {
  it('gets of each job the newest, in order, with a count and the status before all that it passed over', () => {
    const log = newLog();
    const table = new JobTable(log);
    const reader = new ScanReader(log, 0, () => true);
    const a = table.submit();
    const b = table.submit();
    table.finish(a.id);
    expect(reader.read()).toMatchObject({ entry: { key: b.id }, coalesced: 0, before: null });
    expect(reader.read()).toMatchObject({
      entry: { key: a.id, sequence: 4 },
      coalesced: 2,
      before: null,
    });
    table.finish(b.id);
    expect(reader.read()).toMatchObject({
      entry: { key: b.id },
      coalesced: 1,
      before: { status: 'PENDING' },
    });
    expect(reader.read()).toEqual({ kind: 'nothing' });
    expect(reader.passedKeys).toBe(0);
  });

  it('accounts for every entry, whenever it reads', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.record({ key: fc.nat(4) }), fc.constant('read' as const)), { maxLength: 200 }),
        (steps) => {
          const log = newLog(1_000);
          const scan = new ScanReader(log, 0, () => true);
          const byKey = new KeyReader(log, jobRecord(2, 0).id, 0);
          const published = new Map<string, number>();
          const scanned = new Map<string, number>();
          let followed = 0;
          const read = () => {
            const one = scan.read();
            if (one.kind === 'entry') {
              scanned.set(one.entry.key, (scanned.get(one.entry.key) ?? 0) + 1 + one.coalesced);
            }
            const other = byKey.read();
            if (other.kind === 'entry') followed += 1 + other.coalesced;
            return one.kind === 'entry';
          };
          let revision = 0;
          for (const step of steps) {
            if (step === 'read') {
              read();
              continue;
            }
            revision += 1;
            const job = jobRecord(step.key, revision);
            published.set(job.id, (published.get(job.id) ?? 0) + 1);
            log.publish({ kind: 'job', job, previousStatus: null }, revision);
          }
          while (read());
          expect(scanned).toEqual(published);
          expect(followed).toBe(published.get(jobRecord(2, 0).id) ?? 0);
          expect(scan.passedKeys).toBe(0);
        },
      ),
    );
  });

  it('says that it was overrun once entries are lost, and remembers no more than the ring holds', () => {
    const log = newLog(16);
    const table = new JobTable(log);
    const reader = new ScanReader(log, 0, () => true);
    for (let i = 0; i < 16; i += 1) table.submit();
    expect(reader.read().kind).toBe('entry');
    for (let i = 0; i < 2; i += 1) table.submit();
    expect(reader.read()).toEqual({ kind: 'overrun' });
    reader.moveTo(log.newest);
    expect(reader.read()).toEqual({ kind: 'nothing' });
  });
});

describe('a reader of one job', () => {
  it('is not overrun while the newest entry of its job is in the ring', () => {
    const log = newLog(4);
    const table = new JobTable(log);
    const job = table.submit();
    const reader = new KeyReader(log, job.id, log.newest);
    for (let i = 0; i < 8; i += 1) table.submit();
    table.apply(job.id, 'start');
    expect(reader.read()).toMatchObject({
      entry: { key: job.id },
      coalesced: 0,
      before: { status: 'PENDING' },
    });
    for (let i = 0; i < 8; i += 1) table.submit();
    expect(reader.read()).toEqual({ kind: 'overrun' });
  });
});

describe('the place of a revision in the log', () => {
  it('is the last entry up to it, for as long as no later change was lost', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.constantFrom('job', 'vram'), { maxLength: 40 }),
        fc.nat(20),
        (capacity, kinds, earlier) => {
          const log = newLog(capacity);
          const jobs: { readonly sequence: number; readonly revision: number }[] = [];
          let revision = earlier;
          for (const kind of kinds) {
            if (kind === 'vram') log.publish({ kind }, 0);
            else {
              revision += 1;
              log.publish({ kind, job: jobRecord(revision, revision), previousStatus: null }, 0);
              jobs.push({ sequence: log.newest, revision });
            }
          }
          for (let asked = 0; asked <= revision + 2; asked += 1) {
            const later = jobs.filter((job) => job.revision > asked);
            const lost =
              jobs.length === 0 || asked < earlier || later.some((job) => !log.entry(job.sequence));
            const sequence = log.sequenceAt(asked);
            if (lost) expect(sequence).toBeUndefined();
            else expect(sequence).toBe((later[0]?.sequence ?? log.newest + 1) - 1);
          }
        },
      ),
    );
  });
});

describe('a cursor', () => {
  it('leads back to its position', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.boolean(), (revision, withinSnapshot) => {
        const position = { revision, withinSnapshot };
        const cursor = cursorOf('Ab_-12xz', position);
        expect(EventCursor.coerceInputValue(cursor)).toBe(cursor);
        expect(positionOf('Ab_-12xz', cursor)).toEqual(position);
      }),
    );
  });

  it.each(['', 'x', 'Ab_-12xz', 'Ab_-12xz.', 'Ab_-12xz.zzzzzzzzzzz', 'Ab_-12xz.1.2', 'Ab_-12xy.1'])(
    'of another store or of no form at all means to begin anew: %j',
    (text) => {
      expect(positionOf('Ab_-12xz', text)).toBeUndefined();
    },
  );

  it('is never guessed from text that is none', () => {
    fc.assert(fc.property(fc.string(), (text) => positionOf('Ab_-12xz', text) === undefined));
  });
});
