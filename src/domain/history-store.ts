/** What a store keeps of the past beside jobs: bounded in age and number, whatever happens. */
import type { DecisionStore } from './decision.ts';
import type { ResidencyStore } from './residency.ts';
import type { SampleStore } from './sample.ts';

export interface HistoryStore {
  readonly decisions: DecisionStore;
  readonly residencies: ResidencyStore;
  readonly samples: SampleStore;
}

const DAY_MS = 86_400_000;

/** Of everything in it. */
export const HISTORY_MS = 90 * DAY_MS;
