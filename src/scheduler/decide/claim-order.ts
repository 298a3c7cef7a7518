/**
 * Which jobs take the free slots of an instance: a pure function of the buckets. By priority; within a priority the client that has
 * received the least service, so that one client's flood does not hold up another's single job (fair sharing by service counters: "VTC",
 * Sheng et al., OSDI 2024). Overdue ones come before their turn in their share of the slots (forced-share.ts), fairly among clients too.
 */
import { type Bucket, bucketId, type PlacedBucket, type QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { MinHeap } from '../../domain/min-heap.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { EXPECTED_SERVICE_SECONDS, OVERDUE_MS } from './constants.ts';
import { type Cursor, orderOf, type ServiceCounters } from './queue-order.ts';

interface Candidate {
  readonly bucket: PlacedBucket;
  /** Place of its queue among those that are served. */
  readonly queue: number;
  left: number;
  taken: number;
}

/** Jobs that clients may still be given; no entry: as many as come. */
export type ClientRoom = Pick<ReadonlyMap<string, number>, 'get'>;

/** By client, of those who cannot have all that they could be given: by ids of buckets, how many jobs they may have in all. No entry there: none. */
export type Allotments = ReadonlyMap<string, ReadonlyMap<string, number>>;

const NO_LIMITS: ClientRoom = new Map();
const NONE_ALLOTTED: Allotments = new Map();

export interface ClaimOrder {
  /** Those that come before their turn. */
  readonly overdue: readonly ClaimPick[];
  /** Those whose turn it is, most urgent first. */
  readonly usual: readonly ClaimPick[];
}

/**
 * Up to `slots` picks. Of each bucket only the oldest job's age is known, so one job at most is taken as overdue from a bucket; the next
 * step looks again. Costs a few looks at the first buckets of each queue for each pick, however many wait behind them.
 * @param taken jobs by ids of buckets that are given out already
 * @param overdueSlots how many of the slots may be given to overdue jobs before their turn
 * @param priorities of no others is anything picked
 * @param room who has none gets nothing
 * @param allotted the same for buckets; what is `taken` counts against it
 */
export function claimOrder(
  backlogs: readonly QueueBacklog[],
  taken: ReadonlyMap<string, number>,
  service: ServiceCounters,
  slots: number,
  overdueSlots: number,
  now: number,
  priorities: readonly JobPriority[] = JOB_PRIORITIES,
  room: ClientRoom = NO_LIMITS,
  allotted: Allotments = NONE_ALLOTTED,
): ClaimOrder {
  const candidates = new Map<string, Candidate>();
  /** By what was picked here. */
  const given = new Map<string, number>();
  const hasRoom = ({ client }: Bucket) =>
    (room.get(client) ?? Number.POSITIVE_INFINITY) > (given.get(client) ?? 0);
  /** With what was picked here counted already. */
  const charged = new Map<string, number>();
  const serviceOf = ({ bucket: { client } }: Candidate) => charged.get(client) ?? service.get(client) ?? 0;
  const candidateOf = (bucket: PlacedBucket, queue: number): Candidate => {
    const before = taken.get(bucket.id) ?? 0;
    const waiting = bucket.count - (backlogs[queue]?.claimed?.get(bucket.id) ?? 0);
    const ofClient = allotted.get(bucket.client);
    const left = (ofClient ? Math.min(waiting, ofClient.get(bucket.id) ?? 0) : waiting) - before;
    const candidate = candidates.get(bucket.id) ?? { bucket, queue, left, taken: 0 };
    candidates.set(bucket.id, candidate);
    return candidate;
  };
  const take = (
    rankAs: (candidate: Candidate, service: number) => Rank | null,
    cursors: readonly { readonly cursor: Cursor; readonly queue: number }[],
    most: number,
  ): readonly ClaimPick[] => {
    const picks: ClaimPick[] = [];
    const rankOf = (candidate: Candidate) =>
      hasRoom(candidate.bucket) ? rankAs(candidate, serviceOf(candidate)) : null;
    const heap = new MinHeap<Ranked>([], precedes);
    // The next of an order stands for all that come after it there: picks make clients less urgent, never more.
    const pull = (from: number) => {
      const { cursor, queue } = cursors[from] ?? {};
      for (let entry = cursor?.next(); entry && queue !== undefined; entry = cursor?.next()) {
        const candidate = candidateOf(entry.bucket, queue);
        const mayHave = candidate.left > 0 && hasRoom(entry.bucket);
        const rank = mayHave ? rankAs(candidate, entry.service) : null;
        if (!rank) continue;
        heap.push({ candidate, rank, from });
        return;
      }
    };
    for (const from of cursors.keys()) pull(from);
    for (let next = heap.pop(); next && picked(picks) < most; next = heap.pop()) {
      const { candidate, from } = next;
      if (from !== null) pull(from);
      const rank = rankOf(candidate);
      if (!rank) continue;
      const ranked = { candidate, rank, from: null };
      if (precedes(next, ranked)) {
        heap.push(ranked);
        continue;
      }
      candidate.left -= 1;
      candidate.taken += 1;
      given.set(candidate.bucket.client, (given.get(candidate.bucket.client) ?? 0) + 1);
      charged.set(candidate.bucket.client, serviceOf(candidate) + EXPECTED_SERVICE_SECONDS);
      append(picks, candidate.bucket);
      const again = candidate.left > 0 ? rankOf(candidate) : null;
      if (again) heap.push({ candidate, rank: again, from: null });
    }
    for (const { cursor } of cursors) cursor.close();
    return picks;
  };
  if (slots <= 0) return { overdue: [], usual: [] };
  const orders = backlogs.map((backlog) => orderOf(backlog, service));
  const mostOverdue = Math.min(slots, overdueSlots);
  const overdue =
    mostOverdue <= 0
      ? []
      : take(
          (candidate, used) =>
            priorities.includes(candidate.bucket.priority) ? overdueRank(candidate, used, now) : null,
          orders.map((order, queue) => ({ cursor: order.overdue(now), queue })),
          mostOverdue,
        );
  const usual = take(
    (candidate, used) => usualRank(candidate, used, now),
    priorities.flatMap((priority) =>
      orders.map((order, queue) => ({ cursor: order.usual(priority), queue })),
    ),
    slots - picked(overdue),
  );
  return { overdue, usual };
}

/** Smaller is more urgent, compared from the left. */
type Rank = readonly [number, number, number];

interface Ranked {
  readonly candidate: Candidate;
  readonly rank: Rank;
  /** The order whose next one it is; null once it was looked at. */
  readonly from: number | null;
}

/** Null where it is not overdue, or one of its jobs was taken as such. */
function overdueRank({ bucket, taken }: Candidate, service: number, now: number): Rank | null {
  const deadline = (bucket.oldestCreatedAt ?? now) + OVERDUE_MS[bucket.priority];
  return taken === 0 && deadline <= now ? [service, deadline, 0] : null;
}

function usualRank({ bucket }: Candidate, service: number, now: number): Rank {
  return [JOB_PRIORITIES.indexOf(bucket.priority), service, bucket.oldestCreatedAt ?? now];
}

function precedes(a: Ranked, b: Ranked): boolean {
  const [a0, a1, a2] = a.rank;
  const [b0, b1, b2] = b.rank;
  if (a0 !== b0) return a0 < b0;
  if (a1 !== b1) return a1 < b1;
  if (a2 !== b2) return a2 < b2;
  if (a.candidate.queue !== b.candidate.queue) return a.candidate.queue < b.candidate.queue;
  return a.candidate.bucket.place < b.candidate.bucket.place;
}

function picked(picks: readonly ClaimPick[]): number {
  return picks.reduce((sum, { count }) => sum + count, 0);
}

function append(picks: ClaimPick[], bucket: Bucket): void {
  const last = picks.at(-1);
  if (last && bucketId(last) === bucketId(bucket)) {
    picks[picks.length - 1] = { ...last, count: last.count + 1 };
  } else {
    picks.push({ queue: bucket.queue, priority: bucket.priority, client: bucket.client, count: 1 });
  }
}
