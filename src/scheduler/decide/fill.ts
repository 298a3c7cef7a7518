/** Fills the slots of instances with the jobs that they can serve. */
import { bucketId, type QueueBacklog } from '../../domain/backlog.ts';
import type { InstanceId } from '../../domain/ids.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { allotments, type Taken } from './allotments.ts';
import { type Allotments, claimOrder } from './claim-order.ts';
import { overdueSlots } from './forced-share.ts';
import type { PlannedClaim } from './plan.ts';
import type { Demand, InstanceSnapshot, Snapshot } from './snapshot.ts';

/** An instance with free slots. */
interface Place {
  readonly instance: InstanceSnapshot;
  readonly slots: number;
  /** What waits that it can serve. */
  readonly open: readonly QueueBacklog[];
}

interface Filled {
  readonly claims: readonly PlannedClaim[];
  readonly taken: readonly Taken[];
}

/**
 * Ready instances first, and those that cannot leave yet: their jobs start now. A loading one gets at most as many as it will have slots.
 * Each instance is filled as if it were the only one, and where that gives a client more than its limit, its most urgent jobs are chosen among all of them and the
 * instances are filled once more: the order of the instances decides nothing.
 * @param servable the demand that an instance can serve
 * @param leaving who gets nothing any more by this plan, and who still does although it is to leave
 */
export function fillInstances(
  snapshot: Snapshot,
  servable: (instance: InstanceSnapshot) => readonly Demand[],
  leaving: { readonly drained: ReadonlySet<InstanceId>; readonly cannotLeaveYet: ReadonlySet<InstanceId> },
  now: number,
): readonly PlannedClaim[] {
  const places = takers(snapshot, leaving).flatMap((instance): readonly Place[] => {
    const slots = instance.config.parallel - instance.activeJobs;
    return slots > 0 ? [{ instance, slots, open: servable(instance).map(({ backlog }) => backlog) }] : [];
  });
  const { claims, taken } = filled(snapshot, places, new Map(), now);
  const allotted = allotments(taken, snapshot.clientRoom);
  return allotted.size === 0 ? claims : filled(snapshot, places, allotted, now).claims;
}

function filled(snapshot: Snapshot, places: readonly Place[], allotted: Allotments, now: number): Filled {
  /** By this plan, of each bucket. */
  const gone = new Map<string, number>();
  const claims: PlannedClaim[] = [];
  const taken: Taken[] = [];
  for (const { instance, slots, open } of places) {
    const { overdue, usual } = claimOrder(
      open,
      gone,
      snapshot.service,
      slots,
      overdueSlots(instance, instance.config.parallel),
      now,
      JOB_PRIORITIES,
      snapshot.clientRoom,
      allotted,
    );
    const as = instance.status === 'LOADING' ? 'QUEUED' : 'RUNNING';
    const claim = (picks: readonly ClaimPick[], isOverdue: boolean) => {
      if (picks.length > 0) claims.push({ instanceId: instance.id, as, picks, overdue: isOverdue });
      for (const pick of picks) {
        const id = bucketId(pick);
        gone.set(id, (gone.get(id) ?? 0) + pick.count);
        const oldestCreatedAt =
          open.find(({ queue }) => queue === pick.queue)?.buckets.get(id)?.oldestCreatedAt ?? now;
        taken.push({ ...pick, id, as, overdue: isOverdue, oldestCreatedAt });
      }
    };
    claim(overdue, true);
    claim(usual, false);
  }
  return { claims, taken };
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
