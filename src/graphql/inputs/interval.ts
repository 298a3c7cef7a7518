/** How often a reader of a state wants to be told. */

const LEAST_INTERVAL_MS = 100;
const MOST_INTERVAL_MS = 60_000;
const DEFAULT_INTERVAL_MS = 1_000;

export const MIN_INTERVAL_ARGUMENT = {
  type: 'Milliseconds',
  defaultValue: DEFAULT_INTERVAL_MS,
  description: 'From 100 to 60,000; what lies outside counts as the nearest of them.',
} as const;

export function intervalMs(asked: number | null | undefined): number {
  return Math.min(MOST_INTERVAL_MS, Math.max(LEAST_INTERVAL_MS, asked ?? DEFAULT_INTERVAL_MS));
}
