/** The caller's side of what is kept of the past. */
import type { Decision, DecisionStore, KeptDecisions } from '../domain/decision.ts';
import type { HistoryStore } from '../domain/history-store.ts';
import type { Residency, ResidencyList, ResidencyQuery, ResidencyStore } from '../domain/residency.ts';
import type { LifetimeCounts, Sample, SampleSeries, SampleStore, SeriesQuery } from '../domain/sample.ts';
import type { ReadScope } from '../domain/store.ts';
import { unicode } from './encode.ts';
import type { Calls } from './file-room.ts';

export class HistoryRoom implements HistoryStore {
  readonly decisions: DecisionStore;
  readonly residencies: ResidencyStore;
  readonly samples: SampleStore;

  constructor(calls: Calls) {
    this.decisions = new DecisionRoom(calls);
    this.residencies = new ResidencyRoom(calls);
    this.samples = new SampleRoom(calls);
  }
}

class DecisionRoom implements DecisionStore {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async keep({ decisions, end }: KeptDecisions): Promise<void> {
    const texts = decisions.map(
      (one): Decision => ({
        ...one,
        modelName: one.modelName && unicode(one.modelName),
        inFavourOf: one.inFavourOf && unicode(one.inFavourOf),
        explanation: unicode(one.explanation),
      }),
    );
    await this.#calls.write('keepDecisions', { decisions: texts, end });
  }

  recall(): Promise<KeptDecisions> {
    return this.#calls.read('decisions', null);
  }
}

class ResidencyRoom implements ResidencyStore {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async keep(residencies: readonly Residency[]): Promise<void> {
    const texts = residencies.map((one) => ({
      ...one,
      modelName: unicode(one.modelName),
      reason: unicode(one.reason),
      endReason: one.endReason === null ? null : unicode(one.endReason),
    }));
    await this.#calls.write('keepResidencies', texts);
  }

  interrupt(): Promise<readonly Residency[]> {
    return this.#calls.write('interruptResidencies', null);
  }

  list(query: ResidencyQuery, scope?: ReadScope): Promise<ResidencyList> {
    return this.#calls.read('residencies', query, scope);
  }
}

class SampleRoom implements SampleStore {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async keep(at: number, sample: Sample): Promise<void> {
    const clients = sample.clients.map((one) => ({ ...one, client: one.client && unicode(one.client) }));
    await this.#calls.write('keepSample', { at, sample: { ...sample, clients } });
  }

  lifetime(): Promise<LifetimeCounts | null> {
    return this.#calls.read('lifetime', null);
  }

  series(query: SeriesQuery, scope?: ReadScope): Promise<SampleSeries> {
    return this.#calls.read('sampleSeries', query, scope);
  }
}
