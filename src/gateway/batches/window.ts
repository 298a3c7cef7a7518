/** In how much time a batch is to be done. */
import { badRequest } from '../shared/problem.ts';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LEAST_MS = UNITS.m;
const MOST_MS = 30 * UNITS.d;

/** @returns milliseconds @throws ProblemError 400 */
export function windowMs(text: unknown): number {
  const [, count, unit] = /^(\d{1,6}(?:\.\d{1,3})?)([mhd])$/.exec(typeof text === 'string' ? text : '') ?? [];
  const ms = Number(count) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN);
  if (ms >= LEAST_MS && ms <= MOST_MS) return Math.ceil(ms);
  throw badRequest("completion_window must be a duration of 1m to 30d, such as '24h', '90m' or '7d'.");
}
