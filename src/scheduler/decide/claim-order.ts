/**
 * Which jobs take the free slots of an instance: a pure function of the buckets. Overdue ones first, by their deadline; then by
 * priority; within a priority the client that has received the least service, so that one client's flood does not
 * hold up another's single job (fair sharing by service counters: "VTC", Sheng et al., OSDI 2024).
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

/**
 * Up to `slots` picks, most urgent first. Of each bucket only the oldest job's age is known, so one job at most is taken as
 * overdue from a bucket; the next step looks again.
 */
export function claimOrder(
  buckets: readonly Bucket[],
  service: ReadonlyMap<string, number>,
  slots: number,
  now: number,
): ClaimPick[] {
  const candidates: Candidate[] = buckets
    .filter((bucket) => bucket.count > 0)
    .map((bucket) => ({
      bucket,
      left: bucket.count,
      taken: 0,
      service: service.get(bucket.client) ?? 0,
    }));
  const picks: ClaimPick[] = [];
  for (let slot = 0; slot < slots; slot += 1) {
    const next = mostUrgent(candidates, now);
    if (!next) break;
    next.left -= 1;
    next.taken += 1;
    for (const same of candidates) {
      if (same.bucket.client === next.bucket.client) same.service += EXPECTED_SERVICE_SECONDS;
    }
    append(picks, next.bucket);
  }
  return picks;
}

function mostUrgent(candidates: readonly Candidate[], now: number): Candidate | undefined {
  let best: Candidate | undefined;
  let bestRank: readonly number[] = [];
  for (const candidate of candidates) {
    if (candidate.left === 0) continue;
    const rank = rankOf(candidate, now);
    if (!best || precedes(rank, bestRank)) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

/** Smaller is more urgent, compared from the left. */
function rankOf(candidate: Candidate, now: number): readonly number[] {
  const { bucket, taken, service } = candidate;
  const deadline = (bucket.oldestCreatedAt ?? now) + OVERDUE_MS[bucket.priority];
  const overdue = taken === 0 && deadline <= now;
  if (overdue) return [0, deadline, 0, 0];
  return [1, JOB_PRIORITIES.indexOf(bucket.priority), service, bucket.oldestCreatedAt ?? now];
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
