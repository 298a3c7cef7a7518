/** The rows of the past that the operations work on. As with all tables, nothing waits half-way. */
import type { Residency } from '../domain/residency.ts';

export interface HistoryTables {
  /** A new one, or in the place of the one with this `id`. */
  putResidency(residency: Residency): void;
  /** Those that have not gone. */
  openResidencies(): readonly Residency[];
  /** Those that ended with a server. */
  interruptedResidencies(): readonly Residency[];
  /** Forgets those that had gone at `time`, and all but the newest `most`. */
  pruneResidencies(time: number, most: number): void;
}
