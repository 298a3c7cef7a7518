/**
 * How often models are asked for. A visit begins with the first job after a time without any, so that a crowd of jobs counts as one. Who is
 * expected back last is the one to let go, as Belady's rule has it of pages (IBM Systems Journal 5(2), 1966).
 */
import { NEWEST_VISIT } from './constants.ts';

/** Of one model. */
export interface Visits {
  /** When the newest one began, epoch milliseconds. */
  readonly lastAt: number;
  /** Between the beginnings of two, in the lately weighted mean, milliseconds; null until there were two. */
  readonly gapMs: number | null;
}

export function visited(before: Visits | undefined, now: number): Visits {
  if (!before) return { lastAt: now, gapMs: null };
  const newest = Math.max(0, now - before.lastAt);
  const { gapMs } = before;
  return { lastAt: now, gapMs: gapMs === null ? newest : gapMs + NEWEST_VISIT * (newest - gapMs) };
}

/**
 * In how many milliseconds an idle model is expected to be asked for again. Who is late may be back at any moment; who has been away for more than twice the
 * usual time, or came only once, is expected to stay away for as long again.
 * @param lastUsedAt epoch milliseconds, for one of which no visit is known
 */
export function nextVisitMs(visits: Visits | null, lastUsedAt: number, now: number): number {
  const awayMs = Math.max(0, now - (visits?.lastAt ?? lastUsedAt));
  const gapMs = visits?.gapMs ?? null;
  if (gapMs === null || awayMs > 2 * gapMs) return awayMs;
  return Math.max(gapMs - awayMs, gapMs / 4);
}
