import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { cursorOf, isCursor, positionOf, restartCursor } from '../../src/events/cursor.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { KeyReader, ScanReader } from '../../src/events/log-reader.ts';
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
    expect(reader.read()).toMatchObject({ entry: { key: b.id }, coalesced: 0, previousStatus: null });
    expect(reader.read()).toMatchObject({
      entry: { key: a.id, sequence: 4 },
      coalesced: 2,
      previousStatus: null,
    });
    table.finish(b.id);
    expect(reader.read()).toMatchObject({ entry: { key: b.id }, coalesced: 1, previousStatus: 'PENDING' });
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
    expect(reader.read()).toMatchObject({ entry: { key: job.id }, coalesced: 0, previousStatus: 'PENDING' });
    for (let i = 0; i < 8; i += 1) table.submit();
    expect(reader.read()).toEqual({ kind: 'overrun' });
  });
});

describe('a cursor', () => {
  it('leads back to its position as long as nothing after it was lost', () => {
    const log = newLog(4);
    const table = new JobTable(log);
    table.submit();
    const cursor = cursorOf(log, { sequence: 1, revision: 1 });
    expect(isCursor(cursor)).toBe(true);
    for (let i = 0; i < 4; i += 1) table.submit();
    expect(positionOf(log, cursor)).toEqual({ sequence: 1, revision: 1 });
    table.submit();
    expect(positionOf(log, cursor)).toBeUndefined();
  });

  it('of another start, of the future, from within a snapshot or of no form at all means to begin anew', () => {
    const log = newLog();
    const other = newLog(8, 2);
    expect(other.epoch).not.toBe(log.epoch);
    for (const text of [
      cursorOf(other, { sequence: 0, revision: 0 }),
      cursorOf(log, { sequence: 1, revision: 0 }),
      restartCursor(log),
      '',
      'x',
      `${log.epoch}.zzzzzzzzzzz.0`,
      `${log.epoch}.0.0.0`,
    ]) {
      expect(positionOf(log, text)).toBeUndefined();
    }
    expect(isCursor('Robert"); DROP TABLE jobs;--')).toBe(false);
  });

  it('is never guessed from text that is none', () => {
    const log = newLog();
    fc.assert(fc.property(fc.string(), (text) => positionOf(log, text) === undefined));
  });
});
