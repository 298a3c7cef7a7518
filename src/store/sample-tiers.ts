/** What is kept of a time: what has been joined already, and after it what is finer still. */
import { type SeriesQuery, TIERS, type TimedSample } from '../domain/sample.ts';
import type { HistoryTables } from './history-tables.ts';

/** Oldest first. */
export function keptFor(
  { tier, from, to }: SeriesQuery,
  read: HistoryTables['samples'],
): readonly TimedSample[] {
  const kept: TimedSample[] = [];
  let since = from;
  for (const { stepMs } of TIERS.toReversed()) {
    if (stepMs > tier.stepMs) continue;
    const found = read(stepMs, since, to);
    for (const one of found) kept.push(one);
    const last = found.at(-1);
    if (last) since = last.at + stepMs;
  }
  return kept;
}
