import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { Turns } from '../../src/events/turns.ts';
import { eventually } from '../support/eventually.ts';
import { world } from './support/feed-world.ts';

/** Notes a letter in every turn of the event loop, for as long as the turns go on. */
async function withWitness(turns: number, costMs: number): Promise<string> {
  const clock = new VirtualClock();
  const shared = new Turns(clock);
  let seen = '';
  for (let i = 0; i < turns; i += 1) {
    shared.take(() => {
      clock.advance(costMs);
      seen += 'r';
    });
  }
  let done = false;
  const last = shared.next().then(() => {
    done = true;
  });
  await eventually(() => done, Boolean, {
    step() {
      seen += '|';
    },
  });
  await last;
  return seen;
}

describe('turns of readers', () => {
  it('leave the event loop to others after five milliseconds', async () => {
    expect(await withWitness(12, 1)).toBe('|rrrrr|rrrrr|rr');
    expect(await withWitness(3, 100)).toBe('|r|r|r|');
  });

  it('leave it after 16 at the latest: what they began may take its time later', async () => {
    expect(await withWitness(34, 0)).toBe(`|${'r'.repeat(16)}|${'r'.repeat(16)}|rr`);
  });

  it('come in the order in which they were asked for, also by those who ask again', async () => {
    const turns = new Turns(new VirtualClock());
    const seen: string[] = [];
    turns.take(() => {
      seen.push('a');
      turns.take(() => seen.push('a again'));
    });
    turns.take(() => seen.push('b'));
    await turns.next();
    await turns.next();
    expect(seen).toEqual(['a', 'b', 'a again']);
  });
});

it('whoever publishes goes on before any reader is told', async () => {
  const { table, follow } = world();
  const readers = Array.from({ length: 100 }, () => follow());
  for (const reader of readers) await reader.take();
  table.submit();
  for (let i = 0; i < 100; i += 1) await Promise.resolve();
  expect(readers.flatMap((reader) => reader.taken)).toEqual([]);
  await eventually(() => readers.every((reader) => reader.taken.length > 0));
  expect(readers.flatMap((reader) => reader.taken)).toHaveLength(100);
  for (const reader of readers) await reader.close();
});
