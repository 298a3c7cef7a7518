/**
 * Which jobs take the free slots of an instance: a pure function of the buckets. By priority; within a priority the client that has
 * received the least service, so that one client's flood does not hold up another's single job (fair sharing by service counters: "VTC",
 * Sheng et al., OSDI 2024). Overdue ones come before their turn in their share of the slots (forced-share.ts), fairly among clients too.
 */
import type { Bucket } from '../../domain/backlog.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { OVERDUE_MS } from './waiting.ts';

interface Candidate {
  readonly bucket: Bucket;
  left: number;
  taken: number;
  service: number;
}

/** A job is charged this much service, in seconds, until what it really took is known. */
const EXPECTED_SERVICE_SECONDS = 1;

export interface ClaimOrder {
  /** Those that come before their turn. */
  readonly overdue: readonly ClaimPick[];
  /** Those whose turn it is, most urgent first. */
  readonly usual: readonly ClaimPick[];
}

/**
 * Up to `slots` picks. Of each bucket only the oldest job's age is known, so one job at most is taken as overdue from a bucket; the next
 * step looks again.
 * @param overdueSlots how many of the slots may be given to overdue jobs before their turn
 */
export function claimOrder(
  buckets: readonly Bucket[],
  service: ReadonlyMap<string, number>,
  slots: number,
  overdueSlots: number,
  now: number,
): ClaimOrder {
  const candidates: Candidate[] = buckets
    .filter((bucket) => bucket.count > 0)
    .map((bucket) => ({
      bucket,
      left: bucket.count,
      taken: 0,
      service: service.get(bucket.client) ?? 0,
    }));
  const take = (picks: ClaimPick[], most: number, rank: Rank) => {
    for (let slot = 0; slot < most; slot += 1) {
      const next = mostUrgent(candidates, rank);
      if (!next) break;
      next.left -= 1;
      next.taken += 1;
      for (const same of candidates) {
        if (same.bucket.client === next.bucket.client) same.service += EXPECTED_SERVICE_SECONDS;
      }
      append(picks, next.bucket);
    }
  };
  const overdue: ClaimPick[] = [];
  const usual: ClaimPick[] = [];
  take(overdue, Math.min(slots, overdueSlots), (candidate) => overdueRank(candidate, now));
  const left = slots - overdue.reduce((sum, { count }) => sum + count, 0);
  take(usual, left, (candidate) => usualRank(candidate, now));
  return { overdue, usual };
}

/** Smaller is more urgent, compared from the left; null when it is not in this line. */
type Rank = (candidate: Candidate) => readonly number[] | null;

function mostUrgent(candidates: readonly Candidate[], rankOf: Rank): Candidate | undefined {
  let best: Candidate | undefined;
  let bestRank: readonly number[] = [];
  for (const candidate of candidates) {
    const rank = candidate.left > 0 ? rankOf(candidate) : null;
    if (rank && (!best || precedes(rank, bestRank))) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

function overdueRank({ bucket, taken, service }: Candidate, now: number): readonly number[] | null {
  const deadline = (bucket.oldestCreatedAt ?? now) + OVERDUE_MS[bucket.priority];
  return taken === 0 && deadline <= now ? [service, deadline] : null;
}

function usualRank({ bucket, service }: Candidate, now: number): readonly number[] {
  return [JOB_PRIORITIES.indexOf(bucket.priority), service, bucket.oldestCreatedAt ?? now];
}

function precedes(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    if (x !== y) return x < y;
  }
  return false;
}

function append(picks: ClaimPick[], bucket: Bucket): void {
  const last = picks.at(-1);
  if (
    last &&
    last.queue === bucket.queue &&
    last.priority === bucket.priority &&
    last.client === bucket.client
  ) {
    picks[picks.length - 1] = { ...last, count: last.count + 1 };
  } else {
    picks.push({ queue: bucket.queue, priority: bucket.priority, client: bucket.client, count: 1 });
  }
}
