/** What is kept of the past. Each write forgets what is too old, so nothing grows without end and nothing has to be tended. */
import { HISTORY_MS } from '../../domain/history-store.ts';
import type { Residency } from '../../domain/residency.ts';
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

/** What is older has been kept for long enough. */
function keptSince(writer: QueueWriter): number {
  return livedBefore(writer.now, HISTORY_MS, writer.tables.gaps());
}
