/** When waiting jobs should start if nothing else comes, by what the policy itself would do. */

import { emptyBacklog, type QueueBacklog } from '../../domain/backlog.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { Policy } from '../decide/policy.ts';
import type { ServiceCounters } from '../decide/queue-order.ts';
import type { Demand, Snapshot } from '../decide/snapshot.ts';
import type { Work } from '../runs/work.ts';
import { estimateMs } from '../runs/work-estimate.ts';
import { aheadOf, type Placed } from './ahead.ts';
import { Line } from './line.ts';
import type { ComingJobs } from './more-jobs.ts';
import { type Move, walk } from './walk.ts';

export interface Forecast {
  /** Epoch milliseconds; null where it cannot be known. */
  startOf(queue: QueueKey, job: Placed): number | null;
  /** How many jobs of its queue start before it; null where nothing of the queue waits. */
  aheadOf(queue: QueueKey, job: Placed): number | null;
  /** When the last of the queue has started and should be done, epoch milliseconds; null where it cannot be known. */
  clearOf(queue: QueueKey): number | null;
  /** When so many of all waiting jobs have started, epoch milliseconds; null where it cannot be known. */
  startedAt(jobs: number): number | null;
  /** What moves until all have started, in order, as far as that can be known. */
  readonly moves: readonly Move[];
}

/** What waits when a forecast is asked, which is a little later than it was made. */
export interface Present {
  now(): number;
  /** Undefined where nothing of it waits. */
  queue(key: QueueKey): QueueBacklog | undefined;
  service(): ServiceCounters;
}

export interface ForecastParts {
  readonly snapshot: Snapshot;
  readonly present: Present;
  readonly policy: Policy;
  readonly work: Work;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What of the snapshot's demand does not wait yet. */
  readonly coming?: readonly ComingJobs[];
}

/** With more clients the mean of all jobs stands for each. */
const MOST_CLIENTS = 16;

export function forecastOf({ snapshot, present, policy, work, now, coming = [] }: ForecastParts): Forecast {
  const lines = new Map(
    snapshot.demand.map((demand) => [
      demand.backlog.queue,
      new Line(demand, runMsWith(coming, demand, runMsOf(demand, work))),
    ]),
  );
  const moves = walk({ snapshot, policy, lines: [...lines.values()], now });
  const presentOf = (queue: QueueKey) => present.queue(queue) ?? emptyBacklog(queue);
  const ofItsPriority = (backlog: QueueBacklog, { runMs }: Line, job: Placed) =>
    aheadOf(backlog, job, present.service(), runMs === null ? null : runMs / 1000);
  return {
    startOf: (queue, job) => {
      const line = lines.get(queue);
      if (!line) return null;
      const { priority } = job;
      const gone = line.startedBy(present.now() - 1, [priority]);
      const ahead = gone + ofItsPriority(presentOf(queue), line, job);
      // What has come since the forecast was made, or is none of it as its client is at its limit, starts with the last of it.
      const last = line.demand.backlog.byPriority[priority].count - 1;
      return line.startOf(priority, Math.min(ahead, Math.max(0, last)));
    },
    aheadOf: (queue, job) => {
      const line = lines.get(queue);
      if (!line) return null;
      const backlog = presentOf(queue);
      return ofItsPriority(backlog, line, job) + moreUrgent(backlog, job);
    },
    clearOf: (queue) => clearOf(lines.get(queue)),
    startedAt: (jobs) => startedAt([...lines.values()], jobs),
    moves,
  };
}

function moreUrgent({ byPriority }: QueueBacklog, { priority }: Placed): number {
  const { HIGH, NORMAL } = byPriority;
  switch (priority) {
    case 'HIGH':
      return 0;
    case 'NORMAL':
      return HIGH.count;
    case 'LOW':
      return HIGH.count + NORMAL.count;
    default:
      return priority satisfies never;
  }
}

/** What a job of it takes, weighed by its clients' jobs. */
function runMsOf({ backlog: { buckets, count }, options }: Demand, work: Work): number | null {
  const weights = options[0]?.variant.weights;
  if (weights === undefined) return null;
  const ofClient = (client: string) => estimateMs(work, { weights, client, size: null });
  if (buckets.size === 0 || buckets.size > MOST_CLIENTS) return ofClient('');
  let sumMs = 0;
  let jobs = 0;
  for (const [, bucket] of buckets.entries()) {
    const ms = ofClient(bucket.client);
    if (ms === null) return null;
    sumMs += ms * bucket.count;
    jobs += bucket.count;
  }
  return jobs === 0 || count === 0 ? ofClient('') : sumMs / jobs;
}

/** The mean with those of the queue that come, as far as they are known to be other than usual. */
function runMsWith(
  coming: readonly ComingJobs[],
  { backlog: { queue, count } }: Demand,
  usualMs: number | null,
): number | null {
  if (usualMs === null || count === 0) return usualMs;
  const moreMs = coming
    .filter((jobs) => jobs.queue === queue)
    .reduce((sum, jobs) => sum + jobs.count * ((jobs.runMs ?? usualMs) - usualMs), 0);
  return usualMs + moreMs / count;
}

function clearOf(line: Line | undefined): number | null {
  if (!line?.isEmpty || line.runMs === null) return null;
  return greatest(line.instants) + line.runMs;
}

function startedAt(lines: readonly Line[], jobs: number): number | null {
  const instants = lines.flatMap((line) => line.instants).sort((a, b) => a - b);
  const startedBy = (at: number) => lines.reduce((sum, line) => sum + line.startedBy(at), 0);
  let [first, last] = [0, instants.length];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (startedBy(instants[middle] ?? 0) >= jobs) last = middle;
    else first = middle + 1;
  }
  return instants[first] ?? null;
}
