/** The rule by which slots are given to jobs, worked out by sorting all buckets anew for each slot: what the kept order is compared with. */
import type { Bucket } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { OVERDUE_MS } from '../../src/scheduler/decide/constants.ts';

type Chosen = Pick<Bucket, 'queue' | 'priority' | 'client'>;

interface Left {
  readonly bucket: Bucket;
  count: number;
  wasOverdue: boolean;
}

/** @param buckets in the order in which they came, queue by queue */
export function plainClaimOrder(
  buckets: readonly Bucket[],
  served: ReadonlyMap<string, number>,
  slots: number,
  overdueSlots: number,
  now: number,
): { readonly overdue: readonly Chosen[]; readonly usual: readonly Chosen[] } {
  const service = new Map(served);
  const left = buckets.map((bucket): Left => ({ bucket, count: bucket.count, wasOverdue: false }));
  const used = ({ bucket }: Left) => service.get(bucket.client) ?? 0;
  const overdueAt = ({ bucket }: Left) => (bucket.oldestCreatedAt ?? now) + OVERDUE_MS[bucket.priority];
  const urgency = ({ bucket }: Left) => JOB_PRIORITIES.indexOf(bucket.priority);
  const take = (first: Left | undefined, picks: Chosen[]): boolean => {
    if (!first) return false;
    const { queue, priority, client } = first.bucket;
    first.count -= 1;
    service.set(client, used(first) + 1);
    picks.push({ queue, priority, client });
    return true;
  };
  const waiting = () => left.filter(({ count }) => count > 0);
  const overdue: Chosen[] = [];
  while (overdue.length < Math.min(slots, overdueSlots)) {
    const [first] = waiting()
      .filter((each) => !each.wasOverdue && overdueAt(each) <= now)
      .sort((a, b) => used(a) - used(b) || overdueAt(a) - overdueAt(b));
    if (!take(first, overdue)) break;
    if (first) first.wasOverdue = true;
  }
  const usual: Chosen[] = [];
  while (overdue.length + usual.length < slots) {
    const [first] = waiting().sort(
      (a, b) =>
        urgency(a) - urgency(b) ||
        used(a) - used(b) ||
        (a.bucket.oldestCreatedAt ?? 0) - (b.bucket.oldestCreatedAt ?? 0),
    );
    if (!take(first, usual)) break;
  }
  return { overdue, usual };
}
