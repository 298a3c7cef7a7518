import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import type { OutputPart } from '../../src/domain/job.ts';
import { type OutputChunk, OutputHub, type OutputPosition } from '../../src/events/output-hub.ts';
import { LONGEST_CHUNK, OutputText } from '../../src/events/output-text.ts';
import { said } from '../support/said.ts';
import { StreamReader } from './support/stream-reader.ts';

const JOB = 'job_1';
const unfinished = () => Promise.resolve(null);

/** @param from an offset in whatever attempt is present, or a position. */
function reading(
  hub: OutputHub,
  from: number | OutputPosition = 0,
  load: () => Promise<readonly OutputPart[] | null> = unfinished,
) {
  const position = typeof from === 'number' ? { attempt: null, offset: from } : from;
  const finished = async () => {
    const parts = await load();
    return parts && { attempt: parts.at(-1)?.attempt ?? 1, parts };
  };
  return new StreamReader<OutputChunk>(hub.read(JOB, position, finished));
}

const brief = (chunks: readonly OutputChunk[]) =>
  chunks.map(({ attempt, channel, offset, text, final }) => [attempt, channel, offset, text, final]);

describe('the output of a running job', () => {
  it('reaches a reader as it grows, and a late reader in one piece per channel', async () => {
    const hub = new OutputHub();
    hub.open(JOB, 1);
    const early = reading(hub);
    for (const [channel, text] of [
      ['THINKING', 'Hm'],
      ['THINKING', 'm.'],
      ['TEXT', 'Yes'],
    ] as const) {
      hub.record(JOB, said(channel, text));
      await early.take();
    }
    const late = reading(hub);
    await late.drain();
    hub.close(JOB);
    await early.drain();
    await late.drain();
    expect(brief(early.taken)).toEqual([
      [1, 'THINKING', 0, 'Hm', false],
      [1, 'THINKING', 2, 'm.', false],
      [1, 'TEXT', 4, 'Yes', false],
      [1, 'TEXT', 7, '', true],
    ]);
    expect(brief(late.taken)).toEqual([
      [1, 'THINKING', 0, 'Hmm.', false],
      [1, 'TEXT', 4, 'Yes', false],
      [1, 'TEXT', 7, '', true],
    ]);
    expect([early.done, late.done, hub.openJobs, hub.waiting]).toEqual([true, true, 0, 0]);
  });

  it('starts at the offset that was asked for, and waits for one that is not reached yet', async () => {
    const hub = new OutputHub();
    hub.open(JOB, 1);
    hub.record(JOB, said('TEXT', 'abcdef'));
    const middle = reading(hub, 4);
    const beyond = reading(hub, 8);
    await middle.take();
    expect(await beyond.drain()).toEqual([]);
    hub.record(JOB, said('TEXT', 'ghijk'));
    await beyond.drain();
    expect(brief(middle.taken)).toEqual([[1, 'TEXT', 4, 'ef', false]]);
    expect(brief(beyond.taken)).toEqual([[1, 'TEXT', 8, 'ijk', false]]);
    await Promise.all([middle.close(), beyond.close()]);
  });

  it('begins at 0 again with a new attempt, whatever was read of the last one', async () => {
    const hub = new OutputHub();
    hub.open(JOB, 1);
    hub.record(JOB, said('TEXT', 'wrong'));
    const fast = reading(hub);
    const slow = reading(hub, 2);
    await fast.drain();
    hub.open(JOB, 2);
    hub.record(JOB, said('TEXT', 'right'));
    hub.close(JOB);
    const load = () => Promise.resolve([{ attempt: 2, channel: 'TEXT', text: 'right' } as const]);
    const stored = reading(hub, 0, load);
    expect(brief(await stored.drain())).toEqual([[2, 'TEXT', 0, 'right', true]]);
    await fast.drain();
    expect(brief(fast.taken)).toEqual([
      [1, 'TEXT', 0, 'wrong', false],
      [2, 'TEXT', 0, 'right', true],
    ]);
    await slow.close();
  });

  it.each(['while it runs', 'after it ended', 'before it starts'])(
    'is sent from its beginning to a reader of another attempt, and from there to one of its own (%s)',
    async (when) => {
      for (const [attempt, offset] of [
        [1, 4],
        [1, 400],
        [9, 2],
        [3, 2],
      ] as const) {
        const hub = new OutputHub();
        const parts = [{ attempt: 3, channel: 'TEXT', text: 'right' } as const];
        const finished = when === 'after it ended' ? async () => parts : unfinished;
        const begin = () => {
          hub.open(JOB, 3);
          hub.record(JOB, said('TEXT', 'right'));
        };
        if (when === 'while it runs') begin();
        const reader = reading(hub, { attempt, offset }, finished);
        if (when === 'before it starts') {
          await reader.drain();
          begin();
        }
        const [first] = brief(await reader.drain());
        const own = attempt === 3 && when !== 'before it starts';
        expect(first?.slice(0, 4)).toEqual(own ? [3, 'TEXT', 2, 'ght'] : [3, 'TEXT', 0, 'right']);
        await reader.close();
      }
    },
  );

  it('is waited for until the job starts, or ends without having run', async () => {
    const hub = new OutputHub();
    const starting = reading(hub, 3);
    expect(await starting.drain()).toEqual([]);
    hub.open(JOB, 1);
    hub.record(JOB, said('TEXT', 'here'));
    expect(brief(await starting.drain())).toEqual([[1, 'TEXT', 0, 'here', false]]);
    await starting.close();

    let ended = false;
    const other = new OutputHub();
    const never = reading(other, 0, async () => (ended ? [] : null));
    expect(await never.drain()).toEqual([]);
    ended = true;
    other.close(JOB);
    expect(brief(await never.drain())).toEqual([[1, 'TEXT', 0, '', true]]);
    expect(never.done).toBe(true);
  });

  it('is not missed when the job starts and ends while the store is being asked', async () => {
    const hub = new OutputHub();
    let asked = 0;
    const reader = reading(hub, 0, async () => {
      asked += 1;
      if (asked > 1) return [{ attempt: 1, channel: 'TEXT', text: 'all' }];
      hub.open(JOB, 1);
      hub.record(JOB, said('TEXT', 'all'));
      hub.close(JOB);
      return null;
    });
    expect(brief(await reader.drain())).toEqual([[1, 'TEXT', 0, 'all', true]]);
    expect([reader.done, hub.waiting]).toEqual([true, 0]);
  });

  it('leaves nothing behind when readers leave, and ends with the hub', async () => {
    const hub = new OutputHub();
    const waiting = Array.from({ length: 10 }, () => reading(hub));
    for (const reader of waiting) await reader.take();
    expect(hub.waiting).toBe(10);
    for (const reader of waiting.slice(5)) await reader.close();
    expect(hub.waiting).toBe(5);
    hub.end();
    await nextTurn();
    expect([hub.waiting, waiting.every((reader) => reader.done)]).toEqual([0, true]);
  });
});

const piece = fc.record({
  channel: fc.constantFrom('TEXT' as const, 'THINKING' as const),
  text: fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\ud83d', '\ude00', '漢'), maxLength: 6 }),
});

/** A low half whose high half is right before it, in the same channel. */
function splitsPair(
  units: readonly { readonly channel: string; readonly unit: string }[],
  at: number,
): boolean {
  const before = units[at - 1];
  const after = units[at];
  if (!before || !after || before.channel !== after.channel) return false;
  return /^[\ud800-\udbff]$/.test(before.unit) && /^[\udc00-\udfff]$/.test(after.unit);
}

describe('any output, read at any pace', () => {
  it('is contiguous, of one channel per chunk, and never split within a surrogate pair', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(piece, fc.constant('pull' as const)), { maxLength: 60 }),
        fc.nat(20),
        async (steps, from) => {
          const hub = new OutputHub();
          hub.open(JOB, 1);
          const reader = reading(hub, from);
          await reader.take();
          const units: { channel: string; unit: string }[] = [];
          for (const step of steps) {
            if (step === 'pull') {
              await reader.take();
              continue;
            }
            hub.record(JOB, said(step.channel, step.text));
            units.push(...step.text.split('').map((unit) => ({ channel: step.channel, unit })));
          }
          hub.close(JOB);
          const chunks = await reader.drain();
          const first = chunks[0]?.offset ?? 0;
          const start = splitsPair(units, from) ? from - 1 : Math.min(from, units.length);
          expect(first).toBe(start);
          let offset = first;
          for (const chunk of chunks) {
            expect(chunk.offset).toBe(offset);
            expect(splitsPair(units, offset)).toBe(false);
            const expected = units.slice(offset, offset + chunk.text.length);
            expect(chunk.text).toBe(expected.map((one) => one.unit).join(''));
            expect(expected.every((one) => one.channel === chunk.channel)).toBe(true);
            offset += chunk.text.length;
          }
          expect(offset).toBe(units.length);
          expect(chunks.map((chunk) => chunk.final)).toEqual(chunks.map((_, i) => i === chunks.length - 1));
          expect(reader.done).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('comes in chunks of bounded length', () => {
    const text = new OutputText();
    const whole = `a${'😀'.repeat(LONGEST_CHUNK)}`;
    for (let i = 0; i < whole.length; i += 1_000) text.append('TEXT', whole.slice(i, i + 1_000));
    let read = '';
    for (let chunk = text.chunkFrom(0, true); chunk; chunk = text.chunkFrom(read.length, true)) {
      expect(chunk.offset).toBe(read.length);
      expect(chunk.text.length).toBeLessThanOrEqual(LONGEST_CHUNK);
      expect(chunk.text.isWellFormed()).toBe(true);
      read += chunk.text;
    }
    expect(read === whole).toBe(true);
  });
});
