/** The past, in memory. */
import {
  type Decision,
  type DecisionLane,
  type DecisionPlace,
  type KeptDecisions,
  NO_DECISIONS,
} from '../../domain/decision.ts';
import type { InstanceId } from '../../domain/ids.ts';
import {
  type Residency,
  type ResidencyList,
  type ResidencyQuery,
  residencyList,
} from '../../domain/residency.ts';
import {
  added,
  type LifetimeCounts,
  type Sample,
  type SampleCounts,
  type SampleSeries,
  type SeriesQuery,
  seriesOf,
  type TimedSample,
} from '../../domain/sample.ts';
import type { HistoryTables } from '../history-tables.ts';
import { keptFor } from '../sample-tiers.ts';

export class MemoryHistory implements HistoryTables {
  /** In the order in which they came. */
  readonly #residencies = new Map<InstanceId, Residency>();
  /** By step and start. */
  readonly #samples = new Map<number, Map<number, Sample>>();
  readonly #decisions: Record<DecisionLane, readonly Decision[]> = { dispatches: [], others: [] };
  #decisionEnd = NO_DECISIONS;
  #lifetime: LifetimeCounts | null = null;

  putResidency(residency: Residency): void {
    this.#residencies.set(residency.id, residency);
  }

  openResidencies(): readonly Residency[] {
    return [...this.#residencies.values()].filter(({ goneAt }) => goneAt === null);
  }

  interruptedResidencies(): readonly Residency[] {
    return [...this.#residencies.values()].filter(({ interrupted }) => interrupted);
  }

  pruneResidencies(time: number, most: number): void {
    let surplus = this.#residencies.size - most;
    for (const [id, { goneAt }] of this.#residencies) {
      if (surplus > 0 || (goneAt !== null && goneAt <= time)) this.#residencies.delete(id);
      surplus -= 1;
    }
  }

  putSample(stepMs: number, at: number, sample: Sample): void {
    this.#ofStep(stepMs).set(at, sample);
  }

  samples(stepMs: number, from: number, to: number): readonly TimedSample[] {
    return [...this.#ofStep(stepMs)]
      .filter(([at]) => at >= from && at < to)
      .sort(([a], [b]) => a - b)
      .map(([at, sample]) => ({ at, sample }));
  }

  newestSample(stepMs: number): number | null {
    let newest: number | null = null;
    for (const at of this.#ofStep(stepMs).keys()) newest = Math.max(newest ?? at, at);
    return newest;
  }

  pruneSamples(stepMs: number, time: number): void {
    for (const at of this.#ofStep(stepMs).keys()) if (at < time) this.#ofStep(stepMs).delete(at);
  }

  series(query: SeriesQuery): SampleSeries {
    return seriesOf(
      keptFor(query, (...range) => this.samples(...range)),
      query,
    );
  }

  addCounts(counts: SampleCounts, at: number): void {
    const { since, counts: before } = this.#lifetime ?? { since: at, counts: {} };
    this.#lifetime = { since, counts: added([before, counts]) };
  }

  lifetime(): LifetimeCounts | null {
    return this.#lifetime;
  }

  putDecisions(lane: DecisionLane, decisions: readonly Decision[]): void {
    this.#decisions[lane] = [...this.#decisions[lane], ...decisions];
  }

  putDecisionEnd(end: DecisionPlace): void {
    this.#decisionEnd = end;
  }

  pruneDecisions(time: number, most: Readonly<Record<DecisionLane, number>>): void {
    for (const lane of Object.keys(most) as DecisionLane[])
      this.#decisions[lane] = this.#decisions[lane].filter(({ at }) => at >= time).slice(-most[lane]);
  }

  decisions(): KeptDecisions {
    const all = Object.values(this.#decisions).flat();
    return { decisions: all.sort((a, b) => a.sequence - b.sequence), end: this.#decisionEnd };
  }

  #ofStep(stepMs: number): Map<number, Sample> {
    const samples = this.#samples.get(stepMs) ?? new Map<number, Sample>();
    this.#samples.set(stepMs, samples);
    return samples;
  }

  residencies(query: ResidencyQuery): ResidencyList {
    const { from, to, modelName } = query;
    const found = [...this.#residencies.values()]
      .filter((one) => (one.goneAt ?? Number.POSITIVE_INFINITY) > from && one.loadingAt < to)
      .filter((one) => modelName === undefined || one.modelName === modelName)
      .sort((a, b) => a.loadingAt - b.loadingAt);
    return residencyList(found, query);
  }
}
