/**
 * Who runs as many jobs as they may once the claims of the plan are carried out. What waits of them is worth no load, as it could not run: it is seen only
 * between two of their jobs. What is more urgent than the job that they were given is: it is the next that they are given, if it is there by then.
 */
import { bucketId, type PlacedBucket, type QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import { least } from '../../domain/long-lists.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { PlannedClaim } from './plan.ts';
import type { Demand, Snapshot } from './snapshot.ts';

type Urgency = Pick<PlacedBucket, 'priority' | 'oldestCreatedAt'>;

/** By client the least urgent that it was given by this plan; null where it was asked for before. */
export type AtLimit = ReadonlyMap<string, Urgency | null>;

export function atLimit(
  { clientRoom, clientsAtLimit = [], demand }: Snapshot,
  claims: readonly PlannedClaim[],
): AtLimit {
  const found = new Map<string, Urgency | null>(clientsAtLimit.map((client) => [client, null]));
  const ofClients = Map.groupBy(
    claims.flatMap(({ picks }) => picks),
    ({ client }) => client,
  );
  let backlogs: ReadonlyMap<QueueKey, QueueBacklog> | null = null;
  for (const [client, picks] of ofClients) {
    const given = picks.reduce((sum, { count }) => sum + count, 0);
    if ((clientRoom?.get(client) ?? Number.POSITIVE_INFINITY) > given) continue;
    backlogs ??= new Map(demand.map(({ backlog }) => [backlog.queue, backlog]));
    for (const pick of picks) {
      const bucket = backlogs.get(pick.queue)?.buckets.get(bucketId(pick));
      const last = found.get(client) ?? null;
      if (bucket && (last === null || precedes(last, bucket))) found.set(client, bucket);
    }
  }
  return found;
}

/** The demand without what waits of clients at their limit; null where nothing is left. */
export function withoutThose(demand: Demand, clients: AtLimit): Demand | null {
  const { backlog } = demand;
  const out = new Map<string, PlacedBucket>();
  for (const [client, last] of clients) {
    for (const priority of JOB_PRIORITIES) {
      const bucket = backlog.buckets.get(bucketId({ queue: backlog.queue, priority, client }));
      if (bucket && !(last && precedes(bucket, last))) out.set(bucket.id, bucket);
    }
  }
  if (out.size === 0) return demand;
  const byPriority = { ...backlog.byPriority };
  const claimed = new Map(backlog.claimed);
  for (const bucket of out.values()) {
    const left = bucket.count - (claimed.get(bucket.id) ?? 0);
    const total = byPriority[bucket.priority];
    byPriority[bucket.priority] = {
      ...total,
      count: total.count - left,
      createdAtSum: total.createdAtSum - (bucket.createdAtSum / bucket.count) * left,
    };
    claimed.set(bucket.id, bucket.count);
  }
  const oldest = new Map<PlacedBucket['priority'], number>();
  for (const [id, { priority, oldestCreatedAt, count }] of backlog.buckets.entries()) {
    if ((claimed.get(id) ?? 0) >= count || oldestCreatedAt === null) continue;
    oldest.set(priority, Math.min(oldest.get(priority) ?? Number.POSITIVE_INFINITY, oldestCreatedAt));
  }
  for (const priority of JOB_PRIORITIES)
    byPriority[priority] = { ...byPriority[priority], oldestCreatedAt: oldest.get(priority) ?? null };
  const count = JOB_PRIORITIES.reduce((sum, priority) => sum + byPriority[priority].count, 0);
  if (count <= 0) return null;
  const oldestCreatedAt = least([...oldest.values()]);
  return { ...demand, backlog: { ...backlog, count, byPriority, claimed, oldestCreatedAt } };
}

function precedes(a: Urgency, b: Urgency): boolean {
  const [ofA, ofB] = [JOB_PRIORITIES.indexOf(a.priority), JOB_PRIORITIES.indexOf(b.priority)];
  if (ofA !== ofB) return ofA < ofB;
  return (a.oldestCreatedAt ?? Number.POSITIVE_INFINITY) < (b.oldestCreatedAt ?? Number.POSITIVE_INFINITY);
}
