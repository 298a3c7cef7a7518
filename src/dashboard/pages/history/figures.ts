/** The figures of a stretch of time, and what their steps are called. */
import type { FiguresQuery } from '../../generated/graphql.ts';

export type Figures = FiguresQuery['history'];

export interface Range {
  readonly name: string;
  readonly ms: number;
}

const HOUR_MS = 3_600_000;

/** As far back as figures are kept fine, less fine, and at all; the night before is in the second one. */
export const RANGES: readonly Range[] = [
  { name: '6 h', ms: 6 * HOUR_MS },
  { name: '1 d', ms: 24 * HOUR_MS },
  { name: '7 d', ms: 168 * HOUR_MS },
  { name: '90 d', ms: 2_160 * HOUR_MS },
];

/** About so many steps a picture has. */
export const POINTS = 240;

export function stepsOf({ jobs }: Figures): number {
  return jobs.completed.length;
}

/** When a step begins, epoch milliseconds. */
export function startOf({ from, step }: Figures, at: number): number {
  return Date.parse(from) + at * step;
}

/** `Tue 03:00`, or with the date where weekdays do not tell. */
export function stepName(figures: Figures, at: number): string {
  const date = new Date(startOf(figures, at));
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const isLong = figures.step * stepsOf(figures) > 8 * 24 * HOUR_MS;
  const day = isLong ? ({ day: 'numeric', month: 'short' } as const) : ({ weekday: 'short' } as const);
  return date.toLocaleString('en-GB', { ...day, ...time });
}
