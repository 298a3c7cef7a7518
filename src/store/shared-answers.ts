/**
 * Jobs that ask the same, as their cache keys say. The first of them runs, and is the leader; those that come while it waits or runs follow it, and have its answer in the commit in which
 * it ends with one; those that come later have it in the commit in which they come. A follower waits in no queue: it is delayed for ever, until its leader ends. Where that ends without an answer, the next
 * one leads.
 */
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, nextJobStatus } from '../domain/job.ts';
import type { BlobHash } from '../domain/request.ts';
import { urgencyOf } from '../domain/store.ts';
import type { EncodedJob } from './operation.ts';

/** The year 2200. */
const FOR_EVER_MS = 7_258_118_400_000;

type Fresh = Omit<Job, 'sequence' | 'revision'>;

/** Jobs as they are found by what they ask. */
export interface AnswerTables {
  /** The newest with this key that ran itself and was complete at `since` or later. */
  doneSince(cacheKey: string, since: number): Job | null;
  /** The oldest with this key that has not ended and follows no other. */
  leaderOf(cacheKey: string): Job | null;
  /** PENDING ones with this key that wait for the answer of another, oldest first. */
  followersOf(cacheKey: string, leader: JobId): readonly Job[];
  /** What a job came to, for another one, vectors included; without its course. */
  copyResult(from: Job, to: Job): void;
}

/** Of the queue's writer. */
interface AnswerWriter {
  readonly now: number;
  readonly tables: { readonly answers: AnswerTables };
  insert(job: Fresh, request: string, blobs: readonly BlobHash[]): Job;
  update(before: Job, changes: Partial<Job>): Job;
}

/** Puts a job in, with the answer of another one where there is one, or behind the one that runs for it. */
export function insertSharing(
  writer: AnswerWriter,
  fresh: Fresh,
  { cache, blobs }: EncodedJob,
  request: string,
): Job {
  const { now } = writer;
  const { answers } = writer.tables;
  if (!cache) return writer.insert(fresh, request, blobs);
  const keyed: Fresh = { ...fresh, cacheKey: cache.key };
  const done = answers.doneSince(cache.key, now - cache.maxAgeMs);
  if (done) {
    const ended = { status: nextJobStatus('PENDING', 'answer'), startedAt: now, finishedAt: now };
    const job = writer.insert({ ...keyed, ...ended, answeredBy: done.id }, request, blobs);
    answers.copyResult(done, job);
    return job;
  }
  const leader = answers.leaderOf(cache.key);
  if (!leader) return writer.insert(keyed, request, blobs);
  // It may not make one wait that is more urgent than itself.
  if (leader.status === 'PENDING' && urgencyOf(leader.priority) < urgencyOf(fresh.priority))
    writer.update(leader, { priority: fresh.priority });
  return writer.insert({ ...keyed, answeredBy: leader.id, notBefore: FOR_EVER_MS }, request, blobs);
}

/** Its answer is there: all that follow it have it. */
export function shareAnswer(writer: AnswerWriter, leader: Job): void {
  for (const follower of followersOf(writer, leader)) {
    const ended = writer.update(follower, {
      status: nextJobStatus(follower.status, 'answer'),
      startedAt: writer.now,
      finishedAt: writer.now,
      notBefore: null,
    });
    writer.tables.answers.copyResult(leader, ended);
  }
}

/** It has ended without an answer that is one for others: the next one leads. */
export function nextLeads(writer: AnswerWriter, leader: Job): void {
  const [next, ...others] = followersOf(writer, leader);
  if (!next) return;
  writer.update(next, { answeredBy: undefined, notBefore: null });
  for (const other of others) writer.update(other, { answeredBy: next.id });
}

/** Whether a change has ended a job without a result. */
export function endsWithoutAnswer(before: Job, after: Job): boolean {
  return (
    after.cacheKey !== undefined &&
    !isTerminal(before.status) &&
    isTerminal(after.status) &&
    after.status !== 'COMPLETE'
  );
}

function followersOf({ tables }: AnswerWriter, { id, cacheKey }: Job): readonly Job[] {
  return cacheKey === undefined ? [] : tables.answers.followersOf(cacheKey, id);
}
