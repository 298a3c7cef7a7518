/** Fills the slots of instances with the jobs that they can serve. */
import { bucketId } from '../../domain/backlog.ts';
import type { InstanceId } from '../../domain/ids.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { type ClientRoom, claimOrder } from './claim-order.ts';
import { overdueSlots } from './forced-share.ts';
import type { PlannedClaim } from './plan.ts';
import type { Demand, InstanceSnapshot, Snapshot } from './snapshot.ts';

/**
 * Ready instances first, and those that cannot leave yet: their jobs start now. A loading one gets at most as many as it will have slots.
 * @param servable the demand that an instance can serve
 * @param leaving who gets nothing any more by this plan, and who still does although it is to leave
 */
export function fillInstances(
  snapshot: Snapshot,
  servable: (instance: InstanceSnapshot) => readonly Demand[],
  leaving: { readonly drained: ReadonlySet<InstanceId>; readonly cannotLeaveYet: ReadonlySet<InstanceId> },
  now: number,
): readonly PlannedClaim[] {
  /** By this plan, of each bucket. */
  const taken = new Map<string, number>();
  /** By this plan, to each client. */
  const given = new Map<string, number>();
  const room: ClientRoom = {
    get: (client) => {
      const most = snapshot.clientRoom?.get(client);
      return most === undefined ? undefined : most - (given.get(client) ?? 0);
    },
  };
  const claims: PlannedClaim[] = [];
  for (const instance of takers(snapshot, leaving)) {
    const slots = instance.config.parallel - instance.activeJobs;
    if (slots <= 0) continue;
    const open = servable(instance).map(({ backlog }) => backlog);
    const mostOverdue = overdueSlots(instance, instance.config.parallel);
    const { overdue, usual } = claimOrder(
      open,
      taken,
      snapshot.service,
      slots,
      mostOverdue,
      now,
      JOB_PRIORITIES,
      room,
    );
    for (const pick of [...overdue, ...usual]) {
      taken.set(bucketId(pick), (taken.get(bucketId(pick)) ?? 0) + pick.count);
      given.set(pick.client, (given.get(pick.client) ?? 0) + pick.count);
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
  { drained, cannotLeaveYet }: Parameters<typeof fillInstances>[2],
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
