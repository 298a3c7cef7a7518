/** Instants and spans of the API, for people. */
import type { Clock } from '../../clock.ts';
import { formatDuration } from '../../domain/units.ts';
import { shortDuration } from './text.ts';

type Instant = string | null | undefined;

/** `3 min 20 s ago`, `in 4.2 s`; a dash where there is none. */
export function relative(instant: Instant, clock: Clock): string {
  if (!instant) return '-';
  const distanceMs = clock.now() - Date.parse(instant);
  return distanceMs >= 0 ? `${formatDuration(distanceMs)} ago` : `in ${formatDuration(-distanceMs)}`;
}

/** From one to the other; a dash where one is missing. */
export function between(from: Instant, to: Instant): string {
  return from && to ? formatDuration(Math.max(0, Date.parse(to) - Date.parse(from))) : '-';
}

/** `3m ago`, `in 4s`, where there is little room. */
export function shortRelative(instant: Instant, clock: Clock): string {
  if (!instant) return '-';
  const distanceMs = clock.now() - Date.parse(instant);
  return distanceMs >= 0 ? `${shortDuration(distanceMs)} ago` : `in ${shortDuration(-distanceMs)}`;
}
