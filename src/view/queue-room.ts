/** When a full queue is worth another try. */
import type { Clock } from '../clock.ts';
import type { Forecasts } from '../scheduler/forecast/forecasts.ts';
import type { JobStatistics } from './job-statistics.ts';

/** Jobs that have left it by then: others want their places, too. */
const ROOM_WORTH_WAITING_FOR = 10;
const LEAST_MS = 1_000;
/** Where it is known when jobs will start, and where it is only known how many ended lately. */
const MOST_FORESEEN_MS = 3_600_000;
const MOST_MS = 60_000;

export interface QueueRoomSources {
  readonly forecasts: Pick<Forecasts, 'present'>;
  readonly statistics: Pick<JobStatistics, 'finishedWithin'>;
  readonly clock: Clock;
  /** Jobs that wait. */
  waiting(): number;
}

/** From now, in milliseconds. */
export function roomInMs({ forecasts, statistics, clock, waiting }: QueueRoomSources): number {
  const now = clock.now();
  const at = forecasts.present.startedAt(Math.min(ROOM_WORTH_WAITING_FOR, waiting()));
  if (at !== null) return Math.min(MOST_FORESEEN_MS, Math.max(LEAST_MS, at - now));
  const finishedPerMinute = statistics.finishedWithin(60_000, now);
  return Math.min(
    MOST_MS,
    Math.max(LEAST_MS, (60_000 * ROOM_WORTH_WAITING_FOR) / Math.max(1, finishedPerMinute)),
  );
}
