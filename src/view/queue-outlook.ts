/** When the jobs of a queue should start, as far as the last plan tells. */
import type { Clock } from '../clock.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { Verdict } from '../scheduler/decide/verdict.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import type { JobStatistics } from './job-statistics.ts';
import type { QueueOutlook } from './queue-line.ts';

/** Of a job of which nobody has seen the like, in milliseconds: it only decides how queues are merged. Chosen. */
const UNKNOWN_RUN_MS = 10_000;

/** How far off a start is of which no instant is known, the nearest first. */
const RANKS: Readonly<Record<Verdict['kind'], number>> = {
  TURN: 0,
  LOADING: 0,
  ABOUT_TO_LOAD: 1,
  MAKING_ROOM: 1,
  LEAVING: 2,
  CHANNELS: 2,
  COURTESY: 3,
  NO_ROOM: 4,
  HELD: 5,
  SPILLED: 5,
  RAN_OUT: 5,
  HOST_SHORT: 5,
  PAUSED: 6,
  TOO_LARGE_NOW: 7,
  UNREACHABLE: 8,
  NOT_RESIDENT: 8,
  HOST_TOO_SMALL: 9,
  IMPOSSIBLE: 9,
};
const UNKNOWN_RANK = 8;

export function queueOutlook(
  loop: SchedulerLoop,
  statistics: Pick<JobStatistics, 'meanRunMs'>,
  clock: Clock,
): (queue: QueueKey) => QueueOutlook {
  return (queue) => {
    const verdict = loop.verdictOf(queue);
    const runMs = statistics.meanRunMs(queue) ?? UNKNOWN_RUN_MS;
    if (!verdict) return { startAt: null, gapMs: runMs, rank: UNKNOWN_RANK };
    const rank = RANKS[verdict.kind];
    const now = clock.now();
    switch (verdict.kind) {
      case 'TURN':
        return { startAt: now, gapMs: runMs / Math.max(1, verdict.slots), rank };
      case 'LOADING':
        return { startAt: Math.max(now, verdict.until), gapMs: runMs, rank };
      default:
        return { startAt: null, gapMs: runMs, rank };
    }
  };
}
