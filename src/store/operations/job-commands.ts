/** What people do to a job from outside. */

import type { JobId } from '../../domain/ids.ts';
import {
  type Job,
  type JobFailure,
  type JobPriority,
  jobTransition,
  nextJobStatus,
  withEndedRun,
} from '../../domain/job.ts';
import { takesAnswers } from '../../domain/request-batch.ts';
import type {
  CancelOutcome,
  ManyChange,
  ManyOutcome,
  PriorityOutcome,
  RetryOutcome,
} from '../../domain/store.ts';
import type { JobMove } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';

export function cancel(
  writer: QueueWriter,
  {
    id,
    reason,
    callerLeft,
  }: { readonly id: JobId; readonly reason: string | null; readonly callerLeft?: boolean },
): CancelOutcome {
  const job = writer.tables.jobById(id);
  if (!job) return { kind: 'not-found' };
  if (!jobTransition(job.status, 'cancel')) return { kind: 'not-cancellable', job };
  const cancelled = endByCancelling(writer, job, { reason, endedRun: null, callerLeft: callerLeft ?? false });
  return { kind: 'cancelled', job: cancelled, previousStatus: job.status };
}

/** @param end why, and what its history tells of the run that it was on. */
export function endByCancelling(
  writer: QueueWriter,
  job: Job,
  end: { readonly reason: string | null; readonly endedRun: JobFailure | null; readonly callerLeft: boolean },
): Job {
  const cancelled = writer.update(job, {
    status: nextJobStatus(job.status, 'cancel'),
    finishedAt: writer.now,
    notBefore: null,
    history: withEndedRun(job, writer.now, end.endedRun),
    // Whoever holds the claim finds it gone.
    fence: job.fence + 1,
    callerLeft: end.callerLeft || undefined,
  });
  if (end.reason !== null) writer.tables.noteCancellation(cancelled, end.reason);
  return cancelled;
}

export function retry(
  writer: QueueWriter,
  { id, queueLimit }: { readonly id: JobId; readonly queueLimit: number },
): RetryOutcome {
  const job = writer.tables.jobById(id);
  if (!job) return { kind: 'not-found' };
  if (!jobTransition(job.status, 'requeue')) return { kind: 'not-finished', job };
  const requests = job.batchId === null ? null : writer.tables.requestBatches.byId(job.batchId);
  if (requests && !takesAnswers(requests.status)) return { kind: 'answered', job };
  const full = writer.fullFor(job.client, 1, queueLimit);
  if (full) return full;
  // One that has passed would fail the job again at once.
  const deadline = job.deadline !== null && job.deadline > writer.now ? job.deadline : null;
  return { kind: 'requeued', job: requeue(writer, job, { deadline }) };
}

/** With its age, so that it has its old place, and a fresh count of attempts. */
export function requeue(
  writer: QueueWriter,
  job: Job,
  changes: Pick<Job, 'deadline'> & Partial<Pick<Job, 'live'>>,
): Job {
  writer.tables.deleteResult(job);
  return writer.update(job, {
    ...changes,
    status: nextJobStatus(job.status, 'requeue'),
    startedAt: null,
    finishedAt: null,
    notBefore: null,
    failedAttempts: 0,
    backend: null,
    instanceId: null,
    failure: null,
    answeredBy: undefined,
    callerLeft: undefined,
  });
}

export function setPriority(
  writer: QueueWriter,
  { id, priority }: { readonly id: JobId; readonly priority: JobPriority },
): PriorityOutcome {
  const job = writer.tables.jobById(id);
  if (!job) return { kind: 'not-found' };
  if (job.status !== 'PENDING') return { kind: 'not-queued', job };
  if (job.priority === priority) return { kind: 'same', job };
  return { kind: 'updated', job: writer.update(job, { priority }) };
}

/** Null where it waits there no more. */
export function move(writer: QueueWriter, { id, from, to }: JobMove): Job | null {
  const job = writer.tables.jobById(id);
  if (job?.status !== 'PENDING' || job.queue !== from) return null;
  return writer.update(job, { ...to, notBefore: null });
}

export function changeMany(
  writer: QueueWriter,
  { ids, change }: { readonly ids: readonly JobId[]; readonly change: ManyChange },
): ManyOutcome {
  let changed = 0;
  let unchanged = 0;
  const missing: JobId[] = [];
  for (const id of ids) {
    const outcome = changeOne(writer, id, change);
    switch (outcome.kind) {
      case 'cancelled':
      case 'requeued':
      case 'updated':
        changed += 1;
        break;
      case 'not-cancellable':
      case 'not-finished':
      case 'answered':
      case 'not-queued':
      case 'same':
        unchanged += 1;
        break;
      case 'not-found':
        missing.push(id);
        break;
      case 'queue-full':
        return { changed, unchanged, missing, queueFull: { limit: outcome.limit, client: outcome.client } };
      default:
        outcome satisfies never;
    }
  }
  return { changed, unchanged, missing, queueFull: null };
}

function changeOne(
  writer: QueueWriter,
  id: JobId,
  change: ManyChange,
): CancelOutcome | RetryOutcome | PriorityOutcome {
  switch (change.kind) {
    case 'cancel':
      return cancel(writer, { id, reason: change.reason });
    case 'retry':
      return retry(writer, { id, queueLimit: change.queueLimit });
    case 'setPriority':
      return setPriority(writer, { id, priority: change.priority });
    default:
      return change satisfies never;
  }
}
