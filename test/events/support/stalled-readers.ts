/** Run with --expose-gc: prints what a hundred stalled readers and a ring hold after 10,000 and after 110,000 events. */

import { seededRandom, systemClock } from '../../../src/clock.ts';
import { EventLog } from '../../../src/events/event-log.ts';
import { JobFeed } from '../../../src/events/job-feed.ts';
import { OutputHub } from '../../../src/events/output-hub.ts';
import { VramFeed } from '../../../src/events/vram-feed.ts';
import { said } from '../../support/said.ts';
import { jobRecord } from './job-table.ts';

const log = new EventLog({ random: seededRandom(1) });
const hub = new OutputHub();
const store = {
  job: () => Promise.resolve(null),
  list: () => Promise.resolve({ jobs: [jobRecord(1, 1)], hasPrevious: false, hasNext: false }),
  changedSince: () => Promise.resolve([]),
  revision: () => Promise.resolve(1),
};
const feeds = Array.from({ length: 100 }, (_, i) => [
  new JobFeed({ log, store, clock: systemClock, filter: i % 2 === 0 ? {} : { statuses: ['COMPLETE'] } }),
  new VramFeed({ log, clock: systemClock, minIntervalMs: 0 }),
  hub.read('job_running', { attempt: null, offset: 0 }, () => Promise.resolve(null)),
]).flat();

let revision = 1;
function publish(count: number): void {
  for (let i = 0; i < count; i += 1) {
    revision += 1;
    const job = jobRecord(2 + (i % 5_000), revision, { status: 'RUNNING' });
    log.publish({ kind: 'job', job, previousStatus: 'PENDING' }, revision);
    if (i % 10 === 0) log.publish({ kind: 'vram' }, revision);
    const passing = `job_passing_${revision}`;
    hub.open(passing, 1);
    hub.record(passing, said('TEXT', 'some text'));
    hub.close(passing);
  }
}

function heapUsed(): number {
  if (!globalThis.gc) throw new Error('Run with --expose-gc.');
  for (let i = 0; i < 3; i += 1) globalThis.gc();
  return process.memoryUsage().heapUsed;
}

hub.open('job_running', 1);
hub.record('job_running', said('TEXT', 'x'));
publish(100);
// Each reader took one value and never asks again.
for (const feed of feeds) await feed.next();
publish(10_000);
const before = heapUsed();
publish(100_000);
const after = heapUsed();
console.log(
  JSON.stringify({ before, after, keys: log.keys, waiting: log.waiting + hub.waiting, jobs: hub.openJobs }),
);
