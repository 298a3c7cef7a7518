/** The rows of the past that the operations work on. As with all tables, nothing waits half-way. */
import type { Decision, DecisionLane, DecisionPlace, KeptDecisions } from '../domain/decision.ts';
import type { Residency } from '../domain/residency.ts';
import type { LifetimeCounts, Sample, SampleCounts, TimedSample } from '../domain/sample.ts';

export interface HistoryTables {
  /** A new one, or in the place of the one with this `id`. */
  putResidency(residency: Residency): void;
  /** Those that have not gone. */
  openResidencies(): readonly Residency[];
  /** Those that ended with a server. */
  interruptedResidencies(): readonly Residency[];
  /** Forgets those that had gone at `time`, and all but the newest `most`. */
  pruneResidencies(time: number, most: number): void;

  /** In the place of the one of that step and time. */
  putSample(stepMs: number, at: number, sample: Sample): void;
  /** Oldest first: of that step, `from` included, `to` not. */
  samples(stepMs: number, from: number, to: number): readonly TimedSample[];
  /** When the newest of that step began; null when there is none. */
  newestSample(stepMs: number): number | null;
  /** Forgets those of that step that began before `time`. */
  pruneSamples(stepMs: number, time: number): void;

  /** @param at when it is counted from, if these are the first */
  addCounts(counts: SampleCounts, at: number): void;
  /** Null before the first. */
  lifetime(): LifetimeCounts | null;

  putDecisions(lane: DecisionLane, decisions: readonly Decision[]): void;
  /** Behind the newest, kept or not. */
  putDecisionEnd(end: DecisionPlace): void;
  /** Forgets those older than `time`, and of a lane all but the newest `most`. */
  pruneDecisions(time: number, most: Readonly<Record<DecisionLane, number>>): void;
  decisions(): KeptDecisions;
}
