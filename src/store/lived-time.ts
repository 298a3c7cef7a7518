/**
 * Time across the lives of a server. What is kept (results, keys, files) is kept for time in which a server lived, so neither a pause nor a jump of
 * the clock ages it. What ends (deadlines, leases, pins, windows of batches) ends when it would have, but for jumps of the clock that are known.
 */
import type { ClockReading } from '../clock.ts';

/** A time in which no server lived, or in which the clock was set forward: `ms` up to `endedAt`, epoch milliseconds. */
export interface Gap {
  readonly endedAt: number;
  readonly ms: number;
}

/** The instant `livedMs` of lived time before `now`. @param gaps oldest first. */
export function livedBefore(now: number, livedMs: number, gaps: readonly Gap[]): number {
  let at = now;
  let left = livedMs;
  for (const { endedAt, ms } of gaps.toReversed()) {
    const lived = at - endedAt;
    if (lived >= left) break;
    left -= lived;
    at = endedAt - ms;
  }
  return at - left;
}

/** A clock that is off by less is being corrected. */
const LEAST_JUMP_MS = 1_000;

/** When a life starts, and how far the clock was set forward since the one before it: the rest of the time between them went by. */
export interface Resumption {
  /** Epoch milliseconds: what the clock on the wall shows, but never before where the earlier life would be by now. */
  readonly startAt: number;
  readonly setForwardMs: number;
}

/**
 * While the machine stays up, its uptime tells how much time went by. Otherwise only the clock on the wall does, and a jump of it while no server
 * lived looks like a pause; one that the earlier life has seen does not.
 */
export function resume(last: ClockReading, current: ClockReading): Resumption {
  const wall = current.now + current.wallAheadMs;
  const steady = last.now + (upSince(last, current) ?? Math.max(0, wall - last.now - last.wallAheadMs));
  const startAt = Math.floor(Math.max(wall, current.now, steady));
  const ahead = Math.floor(startAt - steady);
  return { startAt, setForwardMs: ahead >= LEAST_JUMP_MS ? ahead : 0 };
}

function upSince(last: ClockReading, current: ClockReading): number | null {
  if (last.boot === null || last.boot !== current.boot) return null;
  if (last.uptimeMs === null || current.uptimeMs === null || current.uptimeMs < last.uptimeMs) return null;
  return current.uptimeMs - last.uptimeMs;
}
