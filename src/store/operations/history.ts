/** What is kept of the past. Each write forgets what is too old, so nothing grows without end and nothing has to be tended. */
import { type DecisionLane, type KeptDecisions, laneOf, MOST_DECISIONS } from '../../domain/decision.ts';
import { HISTORY_MS } from '../../domain/history-store.ts';
import type { Residency } from '../../domain/residency.ts';
import { joined, TIERS, type TimedSample } from '../../domain/sample.ts';
import { livedBefore } from '../lived-time.ts';
import type { QueueWriter } from '../queue-writer.ts';

/** At one swap a minute that is a month. A record takes about half a KiB. */
const MOST_RESIDENCIES = 50_000;

const SERVER_ENDED = 'The server ended, and did not find it in memory again.';

export function keepResidencies(writer: QueueWriter, residencies: readonly Residency[]): null {
  const { history } = writer.tables;
  for (const residency of residencies) history.putResidency(residency);
  history.pruneResidencies(keptSince(writer), MOST_RESIDENCIES);
  return null;
}

export function interruptResidencies(writer: QueueWriter): readonly Residency[] {
  const { history } = writer.tables;
  const lastLivedAt = writer.tables.lastLivedAt() ?? 0;
  for (const open of history.openResidencies()) {
    const known = Math.max(open.loadingAt, open.readyAt ?? 0, open.endingAt ?? 0);
    const goneAt = Math.max(known, Math.min(lastLivedAt, writer.now));
    history.putResidency({
      ...open,
      goneAt,
      endingAt: open.endingAt ?? goneAt,
      endReason: open.endReason ?? SERVER_ENDED,
      interrupted: true,
    });
  }
  return history.interruptedResidencies();
}

export function keepSample(writer: QueueWriter, { at, sample }: TimedSample): null {
  const { history } = writer.tables;
  const [finest] = TIERS;
  const there = history.samples(finest.stepMs, at, at + finest.stepMs).map((one) => one.sample);
  history.putSample(finest.stepMs, at, joined([...there, sample]));
  history.addCounts(sample.counts, at);
  for (const [place, coarser] of TIERS.entries()) {
    const finer = TIERS[place - 1];
    if (finer) joinFiner(writer, finer.stepMs, coarser.stepMs, at);
  }
  for (const { stepMs, keptMs } of TIERS)
    history.pruneSamples(stepMs, livedBefore(writer.now, keptMs, writer.tables.gaps()));
  return null;
}

/** Makes the coarser ones whose time is over at `at`, since the last that was made. */
function joinFiner(
  { tables: { history } }: QueueWriter,
  finerMs: number,
  coarserMs: number,
  at: number,
): void {
  const newest = history.newestSample(coarserMs);
  const present = Math.floor(at / coarserMs) * coarserMs;
  const from = newest === null ? 0 : newest + coarserMs;
  if (from >= present) return;
  const parts = Map.groupBy(
    history.samples(finerMs, from, present),
    (part) => Math.floor(part.at / coarserMs) * coarserMs,
  );
  for (const [start, of] of parts)
    history.putSample(coarserMs, start, joined(of.map(({ sample }) => sample)));
}

export function keepDecisions(writer: QueueWriter, { decisions, end }: KeptDecisions): null {
  const { history } = writer.tables;
  for (const lane of Object.keys(MOST_DECISIONS) as DecisionLane[])
    history.putDecisions(
      lane,
      decisions.filter((decision) => laneOf(decision) === lane),
    );
  history.putDecisionEnd(end);
  history.pruneDecisions(keptSince(writer), MOST_DECISIONS);
  return null;
}

/** What is older has been kept for long enough. */
function keptSince(writer: QueueWriter): number {
  return livedBefore(writer.now, HISTORY_MS, writer.tables.gaps());
}
