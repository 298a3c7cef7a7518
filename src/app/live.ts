/** Wiring of what is followed as a whole. */
import type { Clock } from '../clock.ts';
import type { BacklogView } from '../domain/backlog.ts';
import type { EventLog } from '../events/event-log.ts';
import type { SchedulerLoop } from '../scheduler/loop.ts';
import { createLiveStates, type LiveStates } from '../view/live-states.ts';
import { QueueLine } from '../view/queue-line.ts';
import { queueOutlook } from '../view/queue-outlook.ts';

interface LiveParts {
  readonly log: EventLog;
  readonly backlog: BacklogView;
  readonly loop: SchedulerLoop;
  readonly clock: Clock;
}

export function buildLive({ log, backlog, loop, clock }: LiveParts): LiveStates {
  const outlook = queueOutlook(loop, backlog);
  const line = new QueueLine({ backlog, clock, service: () => loop.state.service, outlook });
  return createLiveStates(log, clock, line, loop.decisions);
}
