/** When the jobs of a queue should start: by the scheduler's forecast, and where that cannot tell, by how far off it is. */
import type { BacklogView, QueueBacklog } from '../domain/backlog.ts';
import { JOB_PRIORITIES } from '../domain/job.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import { orderOf } from '../scheduler/decide/queue-order.ts';
import type { Verdict } from '../scheduler/decide/verdict.ts';
import type { Placed } from '../scheduler/forecast/ahead.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import type { QueueOutlook } from './queue-line.ts';

/** From one start to the next where nobody knows when the last will be, in milliseconds. Chosen. */
const UNKNOWN_GAP_MS = 10_000;

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

type Loop = Pick<SchedulerLoop, 'forecasts' | 'state' | 'verdictOf'>;

export function queueOutlook(loop: Loop, backlogs: BacklogView): (queue: QueueKey) => QueueOutlook {
  return (queue) => {
    const verdict = loop.verdictOf(queue);
    const rank = verdict ? RANKS[verdict.kind] : UNKNOWN_RANK;
    const backlog = backlogs.queue(queue);
    const head = backlog && headOf(loop, backlog);
    if (!head) return { startAt: null, gapMs: UNKNOWN_GAP_MS, rank };
    const forecast = loop.forecasts.present;
    const startAt = forecast.startOf(queue, head);
    const clearAt = forecast.clearOf(queue);
    const gapMs =
      startAt === null || clearAt === null
        ? UNKNOWN_GAP_MS
        : Math.max(0, clearAt - startAt) / Math.max(1, backlog.count);
    return { startAt, gapMs, rank };
  };
}

/** The first job of the client whose turn is next, in place of the queue's head. */
function headOf({ state }: Loop, backlog: QueueBacklog): Placed | null {
  const priority = JOB_PRIORITIES.find((one) => backlog.byPriority[one].count > 0);
  if (!priority) return null;
  const cursor = orderOf(backlog, state.service).usual(priority);
  const first = cursor.next();
  cursor.close();
  return first ? { client: first.bucket.client, priority, sequence: 0 } : null;
}
