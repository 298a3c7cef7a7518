/** When a full queue is worth another try. */
import type { Clock } from '../clock.ts';
import type { BacklogView } from '../domain/backlog.ts';
import { bucketsOf } from '../domain/own-backlog.ts';
import type { Forecasts } from '../scheduler/forecast/forecasts.ts';
import type { JobStatistics } from './job-statistics.ts';

/** Jobs that have left it by then: others want their places, too. */
const ROOM_WORTH_WAITING_FOR = 10;
const LEAST_MS = 1_000;
/** Where it is known when jobs will start, and where it is only known how many ended lately. */
const MOST_FORESEEN_MS = 3_600_000;
const MOST_MS = 60_000;

export interface QueueRoomSources {
  readonly forecasts: Pick<Forecasts, 'present' | 'firstOf'>;
  readonly statistics: Pick<JobStatistics, 'finishedWithin'>;
  readonly clock: Clock;
  readonly backlog: Pick<BacklogView, 'count' | 'queues' | 'held'>;
}

/**
 * From now, in milliseconds.
 * @param client whose part of the queue is full: none but its own jobs make room there, and it does so with the first of them. Null: all of the queue is
 */
export function roomInMs(
  { forecasts, statistics, clock, backlog }: QueueRoomSources,
  client: string | null,
): number {
  const now = clock.now();
  const at =
    client === null
      ? forecasts.present.startedAt(Math.min(ROOM_WORTH_WAITING_FOR, backlog.count))
      : forecasts.firstOf(client, bucketsOf(backlog, client));
  if (at !== null) return Math.min(MOST_FORESEEN_MS, Math.max(LEAST_MS, at - now));
  const finishedPerMinute = statistics.finishedWithin(60_000, now);
  return Math.min(
    MOST_MS,
    Math.max(LEAST_MS, (60_000 * ROOM_WORTH_WAITING_FOR) / Math.max(1, finishedPerMinute)),
  );
}
