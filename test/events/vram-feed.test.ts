import { describe, expect, it } from 'vitest';
import { nextTurn, seededRandom, VirtualClock } from '../../src/clock.ts';
import { EventLog } from '../../src/events/event-log.ts';
import { VramFeed, type VramNotice } from '../../src/events/vram-feed.ts';
import { JobTable } from './support/job-table.ts';
import { StreamReader } from './support/stream-reader.ts';

function world(capacity?: number) {
  const clock = new VirtualClock(1_000);
  const log = new EventLog({ random: seededRandom(1), capacity });
  const change = () => log.publish({ kind: 'vram' }, clock.now());
  const reader = new StreamReader<VramNotice>(new VramFeed({ log, clock, minIntervalMs: 250 }));
  return { clock, log, change, reader };
}

describe('the VRAM feed', () => {
  it('speaks at once, then once per interval however often something changes', async () => {
    const { clock, change, reader } = world();
    await reader.drain();
    for (let i = 0; i < 100; i += 1) {
      change();
      clock.advance(10);
      await reader.drain();
    }
    expect(reader.taken.map((notice) => notice.at)).toEqual([1_000, 1_240, 1_490, 1_740, 1_990]);
    await reader.close();
  });

  it('says a change after a quiet time without delay, and nothing without a change', async () => {
    const { clock, change, reader } = world();
    await reader.drain();
    clock.advance(10_000);
    expect(await reader.take()).toBe(false);
    change();
    await reader.drain();
    expect(reader.taken.map((notice) => notice.at)).toEqual([1_000, 11_000]);
    await reader.close();
  });

  it('still says that something changed when the log has lost the change', async () => {
    const { clock, log, change, reader } = world(4);
    await reader.take();
    change();
    const table = new JobTable(log);
    for (let i = 0; i < 10; i += 1) table.submit();
    clock.advance(250);
    await reader.drain();
    expect(reader.taken).toHaveLength(2);
    await reader.close();
  });

  it('leaves no timer and no waiting reader behind', async () => {
    const { clock, log, change, reader } = world();
    await reader.drain();
    change();
    await reader.take();
    expect(clock.nextDue()).toBe(1_250);
    await reader.close();
    expect([clock.nextDue(), log.waiting]).toEqual([undefined, 0]);

    const resting = new StreamReader<VramNotice>(new VramFeed({ log, clock, minIntervalMs: 250 }));
    await resting.take();
    await resting.take();
    log.end();
    await nextTurn();
    expect([resting.done, clock.nextDue(), log.waiting]).toEqual([true, undefined, 0]);
  });
});
