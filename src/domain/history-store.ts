/** What a store keeps of the past beside jobs: bounded in age and number, whatever happens. */
import type { ResidencyStore } from './residency.ts';

export interface HistoryStore {
  readonly residencies: ResidencyStore;
}

const DAY_MS = 86_400_000;

/** Of everything in it. */
export const HISTORY_MS = 90 * DAY_MS;
