/** The one way in which tests wait for what comes by itself. */
import { inspect } from 'node:util';
import { type Clock, nextTurn, sleep, systemClock } from '../../src/clock.ts';
import { STATE_MS } from './limits.ts';

export interface Waiting {
  /** Told by it how long it has been; the machine's own unless a test tests the waiting. */
  readonly clock?: Clock;
  /** Between two looks, instead of a pause: moves a virtual clock on, say. */
  readonly step?: () => unknown;
}

const LONGEST_PAUSE_MS = 50;

export function eventually<T>(look: () => T | Promise<T>): Promise<NonNullable<T>>;
export function eventually<T>(
  look: () => T | Promise<T>,
  holds: (seen: T) => unknown,
  waiting?: Waiting,
): Promise<T>;
/**
 * Resolves with what `look` sees as soon as that `holds` (without it: is anything but false, null, 0 and the like). What `look`
 * throws is thrown at once. Rejects after the one bound for all states, with the words of what it waited for and what it saw last.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  holds: (seen: T) => unknown = Boolean,
  { clock = systemClock, step }: Waiting = {},
): Promise<T> {
  const end = clock.monotonic() + STATE_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (clock.monotonic() > end) throw new Error(whatIsMissing(look, holds, seen));
    if (step) {
      await step();
      await nextTurn();
    } else await sleep(clock, pauseMs);
  }
}

/** The source of both is what names the state; the runner's own names for imports are left out of it. */
function whatIsMissing(look: () => unknown, holds: (seen: never) => unknown, seen: unknown): string {
  const wanted = holds === Boolean ? `${look}` : `${look} to be ${holds}`;
  return (
    `Waited ${STATE_MS / 1_000} s for ${wanted.replace(/\(0, __vi_import_\d+__\.(\w+)\)|__vi_import_\d+__\./g, '$1')}.\n` +
    `Last seen: ${inspect(seen, { depth: 6, breakLength: 120 })}`
  );
}
