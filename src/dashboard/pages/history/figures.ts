/** The figures of a stretch of time, and what their steps are called. */
import type { FiguresQuery } from '../../generated/graphql.ts';

export type Figures = FiguresQuery['history'];

export interface Range {
  readonly name: string;
  readonly ms: number;
}

const HOUR_MS = 3_600_000;

/** As far back as figures are kept fine, less fine, and at all; the night before is in the second one. */
export const RANGES = [
  { name: '6 h', ms: 6 * HOUR_MS },
  { name: '1 d', ms: 24 * HOUR_MS },
  { name: '7 d', ms: 168 * HOUR_MS },
  { name: '90 d', ms: 2_160 * HOUR_MS },
] as const satisfies readonly Range[];

/** About so many steps a picture has. */
export const POINTS = 240;

export function stepsOf({ jobs }: Figures): number {
  return jobs.completed.length;
}

/** When a step begins, epoch milliseconds. */
export function startOf({ from, step }: Figures, at: number): number {
  return Date.parse(from) + at * step;
}

export function stepName(figures: Figures, at: number): string {
  return stepTime(startOf(figures, 0), figures.step, stepsOf(figures), at);
}

/** `Tue 03:00`, or with the date where weekdays do not tell. @param from and `step` in ms */
export function stepTime(from: number, step: number, steps: number, at: number): string {
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const isLong = step * steps > 8 * 24 * HOUR_MS;
  const day = isLong ? ({ day: 'numeric', month: 'short' } as const) : ({ weekday: 'short' } as const);
  return new Date(from + at * step).toLocaleString('en-GB', { ...day, ...time });
}
