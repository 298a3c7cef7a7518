/**
 * Which jobs take the free slots of an instance: a pure function of the buckets. By priority; within a priority the client that has
 * received the least service, so that one client's flood does not hold up another's single job (fair sharing by service counters: "VTC",
 * Sheng et al., OSDI 2024). Overdue ones come before their turn in their share of the slots (forced-share.ts), fairly among clients too.
 */
import { type Bucket, bucketId } from '../../domain/backlog.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { EXPECTED_SERVICE_SECONDS, OVERDUE_MS } from './constants.ts';
import { MinHeap } from './min-heap.ts';

interface Candidate {
  readonly bucket: Bucket;
  /** Among equals the first goes first. */
  readonly place: number;
  left: number;
  taken: number;
}

export interface ClaimOrder {
  /** Those that come before their turn. */
  readonly overdue: readonly ClaimPick[];
  /** Those whose turn it is, most urgent first. */
  readonly usual: readonly ClaimPick[];
}

/**
 * Up to `slots` picks. Of each bucket only the oldest job's age is known, so one job at most is taken as overdue from a bucket; the next
 * step looks again. Costs one look at each bucket, and its logarithm for each pick.
 * @param overdueSlots how many of the slots may be given to overdue jobs before their turn
 */
export function claimOrder(
  buckets: readonly Bucket[],
  service: ReadonlyMap<string, number>,
  slots: number,
  overdueSlots: number,
  now: number,
): ClaimOrder {
  const candidates: Candidate[] = [];
  for (const bucket of buckets) {
    if (bucket.count > 0) candidates.push({ bucket, place: candidates.length, left: bucket.count, taken: 0 });
  }
  /** With what was picked here counted already. */
  const charged = new Map<string, number>();
  const serviceOf = ({ bucket: { client } }: Candidate) => charged.get(client) ?? service.get(client) ?? 0;
  const take = (rankOf: (candidate: Candidate) => Rank | null, most: number): readonly ClaimPick[] => {
    const picks: ClaimPick[] = [];
    if (most <= 0) return picks;
    const waiting = candidates.flatMap((candidate) => {
      const rank = candidate.left > 0 ? rankOf(candidate) : null;
      return rank ? [{ candidate, rank }] : [];
    });
    const queue = new MinHeap(waiting, precedes);
    for (let next = queue.pop(); next && picked(picks) < most; next = queue.pop()) {
      const { candidate } = next;
      const rank = rankOf(candidate);
      if (!rank) continue;
      // Picks make a client's other buckets less urgent, never more: one that went down since it was ranked waits for its new turn.
      if (precedes(next, { candidate, rank })) {
        queue.push({ candidate, rank });
        continue;
      }
      candidate.left -= 1;
      candidate.taken += 1;
      charged.set(candidate.bucket.client, serviceOf(candidate) + EXPECTED_SERVICE_SECONDS);
      append(picks, candidate.bucket);
      const again = candidate.left > 0 ? rankOf(candidate) : null;
      if (again) queue.push({ candidate, rank: again });
    }
    return picks;
  };
  const overdue = take(
    (candidate) => overdueRank(candidate, serviceOf(candidate), now),
    Math.min(slots, overdueSlots),
  );
  const usual = take((candidate) => usualRank(candidate, serviceOf(candidate), now), slots - picked(overdue));
  return { overdue, usual };
}

/** Smaller is more urgent, compared from the left. */
type Rank = readonly [number, number, number];

interface Ranked {
  readonly candidate: Candidate;
  readonly rank: Rank;
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
  return a.candidate.place < b.candidate.place;
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
