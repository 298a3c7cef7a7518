/** Who uses the slots: the figures of each client within a window. */
import { type BacklogView, bucketId } from '../domain/backlog.ts';
import { type ClientTable, limitsOf } from '../domain/client-limits.ts';
import { JOB_PRIORITIES, type Job, type JobStatus, NO_JOBS } from '../domain/job.ts';
import type { ClientStats } from '../domain/usage-figures.ts';
import type { EndedJob, EndedJobs } from './ended-jobs.ts';
import { latencyOf } from './latency.ts';

export const MOST_CLIENTS = 100;
/** Of clients that only wait so many are looked at. */
const MOST_WAITING = 4_096;

export interface ClientQuestion {
  readonly jobs: EndedJobs;
  readonly backlog: BacklogView;
  /** What single clients may take. */
  readonly limits: ClientTable;
  readonly windowMs: number;
  /** Of this client alone; null for all. */
  readonly only: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

interface Used {
  readonly ended: EndedJob[];
  readonly active: Job[];
  slotTimeMs: number;
}

/** The busiest first. */
export function clientStatistics(question: ClientQuestion): readonly ClientStats[] {
  const { only } = question;
  const used = usedByClient(question);
  const weights = [...used.keys()].reduce((sum, client) => sum + limitsOf(question.limits, client).weight, 0);
  const totalMs = [...used.values()].reduce((sum, { slotTimeMs }) => sum + slotTimeMs, 0);
  return [...used]
    .filter(([client]) => only === null || client === only)
    .sort(([a, one], [b, other]) => other.slotTimeMs - one.slotTimeMs || (a < b ? -1 : 1))
    .slice(0, MOST_CLIENTS)
    .map(([client, one]) => statsOf(question, client, one, { totalMs, weights }));
}

function usedByClient({ jobs, backlog, windowMs, now }: ClientQuestion): ReadonlyMap<string, Used> {
  const since = now - windowMs;
  const used = new Map<string, Used>();
  const of = (client: string): Used => {
    const one = used.get(client) ?? { ended: [], active: [], slotTimeMs: 0 };
    used.set(client, one);
    return one;
  };
  for (const job of jobs.within(windowMs, now)) {
    const one = of(job.client);
    one.ended.push(job);
    one.slotTimeMs += Math.min(job.runMs, job.finishedAt - since);
  }
  for (const job of jobs.active()) {
    const one = of(job.client);
    one.active.push(job);
    if (job.status === 'RUNNING' && job.startedAt !== null)
      one.slotTimeMs += Math.max(0, now - Math.max(job.startedAt, since));
  }
  for (const client of jobs.seenSince(since)) of(client);
  let waiting = 0;
  for (const [client] of backlog.clients.entries()) {
    if (waiting === MOST_WAITING) break;
    waiting += 1;
    of(client);
  }
  return used;
}

function statsOf(
  { jobs, backlog, limits: table, now }: ClientQuestion,
  client: string,
  { ended, active, slotTimeMs }: Used,
  /** Of all clients together. */
  { totalMs, weights }: { readonly totalMs: number; readonly weights: number },
): ClientStats {
  const limits = limitsOf(table, client);
  const waits = waitingOf(backlog, client);
  const counts: Record<JobStatus, number> = { ...NO_JOBS, PENDING: waits.count };
  for (const { status } of [...ended, ...active]) counts[status] += 1;
  const tokens = (name: 'promptTokens' | 'completionTokens') =>
    ended.reduce((sum, { usage }) => sum + (usage?.[name] ?? 0), 0);
  return {
    client,
    counts,
    latency: latencyOf(ended.flatMap(({ queueMs, runMs }) => (queueMs === null ? [] : [{ queueMs, runMs }]))),
    oldestWaitMs: waits.oldestAt === null ? null : Math.max(0, now - waits.oldestAt),
    lastSeenAt: jobs.seenAt(client) ?? waits.oldestAt ?? now,
    slotTimeMs: Math.round(slotTimeMs),
    share: totalMs === 0 ? 0 : slotTimeMs / totalMs,
    fairShare: limits.weight / weights,
    limits,
    promptTokens: tokens('promptTokens'),
    completionTokens: tokens('completionTokens'),
    cost: ended.reduce((sum, { usage }) => sum + (usage?.cost ?? 0), 0),
  };
}

/** Jobs that could be claimed, from the buckets alone. */
function waitingOf(backlog: BacklogView, client: string): { count: number; oldestAt: number | null } {
  let count = 0;
  let oldestAt: number | null = null;
  for (const { queue, buckets } of backlog.queues()) {
    for (const priority of JOB_PRIORITIES) {
      const bucket = buckets.get(bucketId({ queue, priority, client }));
      if (!bucket) continue;
      count += bucket.count;
      const arrival = bucket.oldestCreatedAt;
      if (arrival !== null) oldestAt = oldestAt === null ? arrival : Math.min(oldestAt, arrival);
    }
  }
  return { count, oldestAt };
}
