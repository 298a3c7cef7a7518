/** Whose turn it is among queues: the most urgent jobs first, among equals the client that has received the least. */
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { LEAD_SWAPS } from './constants.ts';
import { orderOf, type ServiceCounters } from './queue-order.ts';
import type { Demand } from './snapshot.ts';
import { bucketWeight } from './waiting.ts';

/** The foremost job of what waits for one model. */
export interface Head {
  readonly priority: JobPriority;
  /** Of its client, in seconds of slots. */
  readonly service: number;
  /** What waiting weighs for the jobs of that client and priority. */
  readonly weight: number;
}

/** Of the jobs that are not all being claimed; null where none waits. It costs a look at the first of each queue. */
export function headOf(demand: readonly Demand[], service: ServiceCounters, now: number): Head | null {
  const waits = (priority: JobPriority) =>
    demand.some(({ backlog }) => backlog.byPriority[priority].count > 0);
  const priority = JOB_PRIORITIES.find(waits);
  if (!priority) return null;
  let head: Head | null = null;
  for (const { backlog } of demand) {
    const cursor = orderOf(backlog, service).usual(priority);
    let first = cursor.next();
    while (first && (backlog.claimed?.get(first.bucket.id) ?? 0) >= first.bucket.count) first = cursor.next();
    cursor.close();
    if (first && (head === null || first.service < head.service))
      head = { priority, service: first.service, weight: bucketWeight(first.bucket, now) };
  }
  return head;
}

/**
 * Whether the client of `a` has received so much less than that of `b`, which is as urgent, that a swap in its favour is paid for.
 * @param swapSeconds what it takes of slots
 */
export function leads(a: Head, b: Head, swapSeconds: number): boolean {
  return a.priority === b.priority && b.service - a.service > LEAD_SWAPS * swapSeconds;
}

export function isMoreUrgent(a: Head, b: Head): boolean {
  return JOB_PRIORITIES.indexOf(a.priority) < JOB_PRIORITIES.indexOf(b.priority);
}
