/** How long rows are kept: by the time in which a server lived. A clock that was set forward between two starts ages nothing. */

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
