/** What a mean does not show: who waited without any service, and what was loaded again as soon as it had gone. */
import type { History, JobRecord } from '../history.ts';

/** The longest time in which a client had jobs that waited and none of them was started, in milliseconds. */
export function serviceGapMs(jobs: readonly JobRecord[]): number {
  let longest = 0;
  for (const own of Map.groupBy(jobs, ({ job }) => job.client).values()) {
    const arrivals = own.map(({ arrivedMs }) => arrivedMs).sort((a, b) => a - b);
    const starts = own.map(({ startedMs }) => startedMs).sort((a, b) => a - b);
    let before = Number.NEGATIVE_INFINITY;
    for (const [place, startedMs] of starts.entries()) {
      // As many have come as have been started until this one: before it comes, nobody waits.
      const waitsSince = arrivals[place] ?? startedMs;
      longest = Math.max(longest, startedMs - Math.max(before, waitsSince));
      before = startedMs;
    }
  }
  return longest;
}

/** Loads of models that had left memory no longer ago than that. */
export function loadedAgainWithin(stays: History['stays'], ms: number): number {
  const goneMs = new Map<string, number>();
  let count = 0;
  for (const { model, loadStartedMs, unloadMs } of stays.toSorted(
    (a, b) => a.loadStartedMs - b.loadStartedMs,
  )) {
    const gone = goneMs.get(model);
    if (gone !== undefined && gone <= loadStartedMs && loadStartedMs - gone <= ms) count += 1;
    if (unloadMs !== null) goneMs.set(model, unloadMs);
  }
  return count;
}
