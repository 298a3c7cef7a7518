/** Takes jobs and batches into the queue, each submission once. */
import type { Job } from '../../domain/job.ts';
import type { SubmitOutcome } from '../../domain/store.ts';
import { takenOver } from '../handing-over.ts';
import { useImage } from '../image-uses.ts';
import { livedBefore } from '../lived-time.ts';
import type { EncodedJob, EncodedSubmission } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { insertSharing } from '../shared-answers.ts';
import type { IdempotencyRecord } from '../tables.ts';
import { missingImages } from './images.ts';
import { requeue } from './job-commands.ts';

/** How long an idempotency key is remembered. */
export const IDEMPOTENCY_MS = 24 * 60 * 60 * 1000;

export function submit(writer: QueueWriter, submission: EncodedSubmission): SubmitOutcome {
  const repeated = repetition(writer, submission);
  if (repeated) return repeated;
  const full = fullFor(writer, submission);
  if (full) return full;
  const left = submission.takesUp ? writer.tables.jobById(submission.takesUp) : null;
  if (left?.callerLeft) return takenUp(writer, submission, left);
  const missing = missingImages(writer, submission);
  if (missing.length > 0) return { kind: 'unknown-images', hashes: missing };
  const { tables } = writer;
  const batch = submission.batch;
  if (batch) {
    const { kept = false, metadata = null } = batch;
    tables.insertBatch({ ...batch, kept, metadata, createdAt: writer.now });
  }
  const batchId = batch?.id ?? null;
  const jobs = insertJobs(writer, submission, batchId);
  if (submission.idempotency) {
    const { client, key, inputHash } = submission.idempotency;
    const lastSequence = writer.sequence;
    const firstSequence = lastSequence - jobs.length + 1;
    tables.putIdempotency(client, key, {
      inputHash,
      batchId,
      createdAt: writer.now,
      firstSequence,
      lastSequence,
    });
  }
  return { kind: 'accepted', jobs, batchId };
}

/** Jobs with all that they refer to. */
export function insertJobs(
  writer: QueueWriter,
  submission: Pick<EncodedSubmission, 'jobs' | 'blobs'>,
  batchId: Job['batchId'],
): readonly Job[] {
  return submission.jobs.map((job) => {
    for (const hash of job.blobs)
      useImage(writer.tables.images, hash, job.client, submission.blobs.get(hash));
    const request = JSON.stringify(takenOver(job.request));
    return insertSharing(writer, newJob(job, batchId, writer.now), job, request);
  });
}

function repetition(writer: QueueWriter, submission: EncodedSubmission): SubmitOutcome | null {
  if (!submission.idempotency) return null;
  const { client, key, inputHash } = submission.idempotency;
  const known = remembered(writer, client, key);
  if (!known) return null;
  const jobs = writer.tables.jobsBySequence(known.firstSequence, known.lastSequence);
  const [first] = jobs;
  // Retention may be shorter than the key's life: with nothing left to answer, the submission is a new one.
  if (!first) return null;
  if (known.inputHash !== inputHash) return { kind: 'conflict', existing: first };
  if (first.callerLeft) {
    return fullFor(writer, submission) ?? takenUp(writer, submission, first);
  }
  return { kind: 'duplicate', jobs, batchId: known.batchId };
}

/** What was submitted with the key, while it is remembered. */
export function remembered(writer: QueueWriter, client: string, key: string): IdempotencyRecord | null {
  const known = writer.tables.idempotency(client, key);
  const since = livedBefore(writer.now, IDEMPOTENCY_MS, writer.tables.gaps());
  return known && known.createdAt > since ? known : null;
}

function takenUp(writer: QueueWriter, { jobs: [asked] }: EncodedSubmission, left: Job): SubmitOutcome {
  const deadline = wholeDeadline(asked?.deadline ?? null);
  const job = requeue(writer, left, { deadline, live: asked?.live ?? false });
  return { kind: 'taken-up', jobs: [job], batchId: null };
}

/** Those of a submission are one client's. */
function fullFor(writer: QueueWriter, { jobs, queueLimit }: EncodedSubmission): SubmitOutcome | null {
  return jobs[0] ? writer.fullFor(jobs[0].client, jobs.length, queueLimit) : null;
}

function wholeDeadline(deadline: number | null): number | null {
  return deadline === null ? null : Math.ceil(deadline);
}

function newJob(
  job: EncodedJob,
  batchId: Job['batchId'],
  createdAt: number,
): Omit<Job, 'sequence' | 'revision'> {
  return {
    id: job.id,
    batchId,
    client: job.client,
    kind: job.kind,
    modelName: job.modelName,
    ...(job.task !== undefined && { task: job.task }),
    ...(job.fallback && { fallback: job.fallback }),
    queue: job.queue,
    priority: job.priority,
    status: 'PENDING',
    labels: job.labels,
    metadata: job.metadata,
    live: job.live,
    createdAt,
    startedAt: null,
    finishedAt: null,
    deadline: wholeDeadline(job.deadline),
    notBefore: null,
    failedAttempts: 0,
    maxAttempts: job.maxAttempts,
    fence: 0,
    backend: null,
    instanceId: null,
    failure: null,
    history: [],
  };
}
