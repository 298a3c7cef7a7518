/** Instants as `ollama list` and `ollama ps` write them: `3 weeks ago`, `4 minutes from now`. */
import type { Clock } from '../../clock.ts';

const HOUR_MS = 60 * 60_000;
const YEAR_HOURS = 24 * 365;

/** @param instant text or epoch milliseconds; a dash where there is none */
export function humanTime(instant: string | number | null | undefined, clock: Clock): string {
  if (instant === null || instant === undefined) return '-';
  const agoMs = clock.now() - new Date(instant).getTime();
  if (Math.trunc(Math.trunc(-agoMs / HOUR_MS) / YEAR_HOURS) > 20) return 'Forever';
  return agoMs < 0 ? `${humanDuration(-agoMs)} from now` : `${humanDuration(agoMs)} ago`;
}

function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return minutes === 1 ? 'About a minute' : `${minutes} minutes`;
  const hours = Math.round(ms / HOUR_MS);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < YEAR_HOURS * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(Math.floor(ms / HOUR_MS) / YEAR_HOURS)} years`;
}
