/** Which jobs of a client are its most urgent, where instances could take more of them than it may run. */
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { ClaimPick } from '../../domain/store.ts';
import type { Allotments, ClientRoom } from './claim-order.ts';
import type { PlannedClaim } from './plan.ts';

/** What an instance would take of a bucket. */
export interface Taken extends ClaimPick {
  /** Of the bucket. */
  readonly id: string;
  readonly as: PlannedClaim['as'];
  readonly overdue: boolean;
  /** Of the bucket, epoch milliseconds. */
  readonly oldestCreatedAt: number;
}

/** Of those clients alone who would get more than they have room for. What can start now comes first, then what is overdue, then by priority and age. */
export function allotments(taken: readonly Taken[], room: ClientRoom = new Map()): Allotments {
  const allotted = new Map<string, ReadonlyMap<string, number>>();
  for (const [client, own] of Map.groupBy(taken, (each) => each.client)) {
    let left = room.get(client) ?? Number.POSITIVE_INFINITY;
    if (own.reduce((sum, { count }) => sum + count, 0) <= left) continue;
    const ofBuckets = new Map<string, number>();
    for (const { id, count } of own.toSorted(byUrgency)) {
      const some = Math.min(count, Math.max(0, left));
      left -= some;
      ofBuckets.set(id, (ofBuckets.get(id) ?? 0) + some);
    }
    allotted.set(client, ofBuckets);
  }
  return allotted;
}

function byUrgency(a: Taken, b: Taken): number {
  return (
    Number(a.as === 'QUEUED') - Number(b.as === 'QUEUED') ||
    Number(b.overdue) - Number(a.overdue) ||
    JOB_PRIORITIES.indexOf(a.priority) - JOB_PRIORITIES.indexOf(b.priority) ||
    a.oldestCreatedAt - b.oldestCreatedAt
  );
}
