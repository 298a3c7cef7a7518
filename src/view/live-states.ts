/** What is followed as a whole: each state is worked out once for all who follow the same. */
import type { Clock } from '../clock.ts';
import type { DecisionSource } from '../domain/decision.ts';
import type { EventLog } from '../events/event-log.ts';
import { FollowedStates } from '../events/state-feed.ts';
import type { QueueHead, QueueLine } from './queue-line.ts';

/** Says that figures changed; the reader takes them from the system view. */
export interface Stamped {
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface LiveStates {
  readonly stats: FollowedStates<Stamped>;
  readonly queue: FollowedStates<QueueHead>;
  readonly line: QueueLine;
  readonly decisions: DecisionSource;
}

export function createLiveStates(
  log: EventLog,
  clock: Clock,
  line: QueueLine,
  decisions: DecisionSource,
): LiveStates {
  return { stats: new FollowedStates(log, clock), queue: new FollowedStates(log, clock), line, decisions };
}
