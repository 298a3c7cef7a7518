/** Fills the slots of instances with the jobs that they can serve. */
import type { Bucket } from '../../domain/backlog.ts';
import type { InstanceId } from '../../domain/ids.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { claimOrder } from './claim-order.ts';
import { overdueSlots } from './forced-share.ts';
import type { PlannedClaim } from './plan.ts';
import { type Demand, type InstanceSnapshot, type Snapshot, serves } from './snapshot.ts';

/**
 * Ready instances first, and those that cannot leave yet: their jobs start now. A loading one gets at most as many as it will have slots.
 * @param leaving who gets nothing any more by this plan, and who still does although it is to leave
 */
export function fillInstances(
  snapshot: Snapshot,
  leaving: { readonly drained: ReadonlySet<InstanceId>; readonly cannotLeaveYet: ReadonlySet<InstanceId> },
  now: number,
): readonly PlannedClaim[] {
  const remaining = new Map<Bucket, number>();
  for (const demand of snapshot.demand)
    for (const bucket of demand.backlog.buckets) remaining.set(bucket, bucket.count);
  const claims: PlannedClaim[] = [];
  for (const instance of takers(snapshot, leaving)) {
    const slots = instance.config.parallel - instance.activeJobs;
    if (slots <= 0) continue;
    const buckets = servable(snapshot.demand, instance).flatMap((demand) => demand.backlog.buckets);
    const open = buckets.map((bucket) => ({ ...bucket, count: remaining.get(bucket) ?? 0 }));
    const mostOverdue = overdueSlots(instance, instance.config.parallel);
    const { overdue, usual } = claimOrder(open, snapshot.service, slots, mostOverdue, now);
    for (const pick of [...overdue, ...usual]) {
      const bucket = buckets.find(
        (each) => each.queue === pick.queue && each.priority === pick.priority && each.client === pick.client,
      );
      if (bucket) remaining.set(bucket, (remaining.get(bucket) ?? 0) - pick.count);
    }
    const as = instance.status === 'LOADING' ? 'QUEUED' : 'RUNNING';
    const claim = (picks: readonly ClaimPick[], isOverdue: boolean) => {
      if (picks.length > 0) claims.push({ instanceId: instance.id, as, picks, overdue: isOverdue });
    };
    claim(overdue, true);
    claim(usual, false);
  }
  return claims;
}

function takers(
  snapshot: Snapshot,
  { drained, cannotLeaveYet }: Parameters<typeof fillInstances>[1],
): InstanceSnapshot[] {
  const instances = snapshot.backends
    .filter((backend) => backend.available)
    .flatMap((backend) => backend.instances)
    .filter((instance) => !instance.suspect && !drained.has(instance.id));
  return [
    ...instances.filter((instance) => instance.status === 'READY' || cannotLeaveYet.has(instance.id)),
    ...instances.filter((instance) => instance.status === 'LOADING'),
  ];
}

/** The demand that an instance can serve. */
export function servable(demand: readonly Demand[], instance: InstanceSnapshot): readonly Demand[] {
  return demand.filter((each) => each.options.some((option) => serves(instance, option)));
}
