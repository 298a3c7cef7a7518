/** The way of a job through a claim: taken, begun, given back or ended, always under its fence. */
import { nextChoice } from '../../domain/fallback.ts';
import {
  INTERRUPTED,
  type Job,
  type JobFailure,
  type JobStatus,
  nextJobStatus,
  withAttempt,
  withEndedRun,
} from '../../domain/job.ts';
import type { Claim, ClaimPick, Fenced, Recovery, ReturnToQueue } from '../../domain/store.ts';
import type { EncodedClaim, EncodedFinish, EncodedSaid, StagedVectors } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { nextLeads, shareAnswer } from '../shared-answers.ts';
import { endByCancelling } from './job-commands.ts';

export function claim(writer: QueueWriter, wanted: Claim): readonly EncodedClaim[] {
  const event = wanted.as === 'RUNNING' ? 'start' : 'claim';
  const startedAt = wanted.as === 'RUNNING' ? writer.now : null;
  const claimed: EncodedClaim[] = [];
  for (const pick of wanted.picks) {
    if (pick.count < 1) continue;
    for (const job of writer.tables.oldestClaimable(pick, pick.count)) {
      const held = writer.update(job, {
        status: nextJobStatus(job.status, event),
        fence: job.fence + 1,
        startedAt,
        backend: wanted.backend,
        instanceId: wanted.instanceId,
      });
      claimed.push({ job: held, request: writer.tables.request(held) });
    }
  }
  return claimed;
}

export function begin(writer: QueueWriter, claims: readonly Fenced[]): readonly Job[] {
  const begun: Job[] = [];
  for (const claimed of claims) {
    const job = held(writer, claimed, ['QUEUED']);
    if (!job) continue;
    begun.push(writer.update(job, { status: nextJobStatus(job.status, 'start'), startedAt: writer.now }));
  }
  return begun;
}

export function returnToQueue(writer: QueueWriter, returns: readonly ReturnToQueue[]): readonly Job[] {
  const returned: Job[] = [];
  for (const one of returns) {
    const job = held(writer, one, ['QUEUED', 'RUNNING']);
    if (!job) {
      writer.countStaleFence();
      continue;
    }
    returned.push(
      writer.update(job, {
        ...backInQueue(job),
        queue: one.queue ?? job.queue,
        modelName: one.modelName ?? job.modelName,
        history: one.attempt ? withAttempt(job.history, one.attempt) : job.history,
        failedAttempts: job.failedAttempts + (one.counts ? 1 : 0),
        notBefore: one.delayMs > 0 ? writer.now + Math.ceil(one.delayMs) : null,
      }),
    );
  }
  return returned;
}

const CALLER_GONE = 'The server that its client waited on has ended.';

/**
 * Ends the live jobs of dead servers, and returns what else they held to the queue. No attempt is counted: it was not the job's fault. Files
 * that were on their way to one are deleted: nobody brings the rest of them.
 */
export function recover(writer: QueueWriter): Recovery {
  const { files } = writer.tables;
  for (const id of files.unfinished()) files.delete(id);
  const left = writer.tables.left();
  for (const job of left)
    endByCancelling(writer, job, { reason: CALLER_GONE, endedRun: INTERRUPTED, callerLeft: true });
  const abandoned = writer.tables.abandoned();
  for (const job of abandoned) {
    const history = withEndedRun(job, writer.now, INTERRUPTED);
    writer.update(job, { ...backInQueue(job), history });
  }
  return { requeued: abandoned.length, cancelled: left.length };
}

/** False when the fence is stale. Staging the same pieces again replaces them. */
export function stage(writer: QueueWriter, staged: StagedVectors): boolean {
  const job = held(writer, staged, ['RUNNING']);
  if (job) writer.tables.putVectors(job, staged);
  else writer.countStaleFence();
  return job !== null;
}

export function finish(writer: QueueWriter, end: EncodedFinish): boolean {
  const job = held(writer, end, end.kind === 'complete' ? ['RUNNING'] : ['QUEUED', 'RUNNING']);
  if (!job) {
    writer.countStaleFence();
    return false;
  }
  const ended = { status: nextJobStatus(job.status, end.kind), finishedAt: writer.now };
  switch (end.kind) {
    case 'complete':
      writer.putResult(
        writer.update(job, end.isOther ? { ...ended, cacheKey: undefined } : ended),
        end.output,
        end.result,
        end.course,
      );
      if (end.isOther) nextLeads(writer, job);
      else shareAnswer(writer, job);
      return true;
    case 'fail':
      writer.putResult(
        writer.update(job, {
          ...ended,
          failure: end.failure,
          history: end.attempt ? withAttempt(job.history, end.attempt) : job.history,
          failedAttempts: job.failedAttempts + (end.attempt ? 1 : 0),
        }),
        end.output,
        null,
        end.course,
      );
      return true;
    default:
      return end satisfies never;
  }
}

/** What a run had said when it was cancelled. Not where the job has been tried again meanwhile. */
export function keepSaid(writer: QueueWriter, { id, fence, output }: EncodedSaid): boolean {
  const job = writer.tables.jobById(id);
  // A cancellation takes the claim away.
  if (job?.status !== 'CANCELLED' || job.fence !== fence + 1) return false;
  writer.putResult(job, output, null);
  return true;
}

/** Fails jobs that wait without a try, because none could help. */
export function refuse(
  writer: QueueWriter,
  { picks, failure }: { readonly picks: readonly ClaimPick[]; readonly failure: JobFailure },
): number {
  const jobs = picks.flatMap((pick) =>
    pick.count < 1 ? [] : writer.tables.oldestClaimable(pick, pick.count),
  );
  for (const job of jobs) {
    const next = nextChoice(job);
    if (next) {
      writer.update(job, next);
      continue;
    }
    const failed = writer.update(job, {
      status: nextJobStatus(job.status, 'fail'),
      finishedAt: writer.now,
      failure,
    });
    writer.putResult(failed, '[]', null);
  }
  return jobs.length;
}

/** The job as long as the claim on it still holds. A fence alone is not enough: a returned job keeps its own until the next claim. */
function held(writer: QueueWriter, claimed: Fenced, statuses: readonly JobStatus[]): Job | null {
  const job = writer.tables.jobById(claimed.id);
  return job && job.fence === claimed.fence && statuses.includes(job.status) ? job : null;
}

function backInQueue(job: Job): Partial<Job> {
  return {
    status: nextJobStatus(job.status, 'return'),
    startedAt: null,
    backend: null,
    instanceId: null,
  };
}
