/** A log of events, a table of jobs that writes it, and readers that follow both. */
import { seededRandom, VirtualClock } from '../../../src/clock.ts';
import { matchesJob } from '../../../src/domain/job-filter.ts';
import { EventLog } from '../../../src/events/event-log.ts';
import { JobFeed, type JobFeedOptions, type JobNotice } from '../../../src/events/job-feed.ts';
import { JobTable } from './job-table.ts';
import { StreamReader } from './stream-reader.ts';

export function world(capacity?: number) {
  let log = new EventLog({ random: seededRandom(7), capacity });
  const table = new JobTable(log, matchesJob);
  const clock = new VirtualClock();
  const follow = (options: Partial<JobFeedOptions> = {}) =>
    new StreamReader<JobNotice>(new JobFeed({ log, store: table, clock, ...options }));
  /** A new log over the same store. Who followed the old one has to come back. */
  const restart = () => {
    const { history } = log;
    log.end();
    log = new EventLog({ random: seededRandom(8), capacity });
    log.follow(history);
    table.publishTo(log);
  };
  return {
    get log() {
      return log;
    },
    table,
    clock,
    follow,
    restart,
  };
}
