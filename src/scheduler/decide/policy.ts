/** What decides: a pure function of a snapshot and the time. It reads no clock, does nothing, and may be asked about a snapshot that is none yet. */
import type { Plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';

export interface Policy {
  /** The same for the same snapshot and time, whatever was asked before. @param now epoch milliseconds */
  decide(snapshot: Snapshot, now: number): Plan;
}
