/** What a store does from time to time: what is due, and what is old. */
import { UNUSED_IMAGE_MS } from '../../domain/image.ts';
import { nextJobStatus } from '../../domain/job.ts';
import { livedBefore } from '../lived-time.ts';
import type { Tend, Tending } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { forgetUnusedImages } from './images.ts';
import { forgetRequestBatch } from './request-batches.ts';
import { IDEMPOTENCY_MS } from './submit.ts';

/** The most rows of one kind that one call touches, so that tending never holds up the writes of others for long. */
const PORTION = 500;
/** Delays and deadlines that were set since the last call are late by this much at most. */
const LONGEST_PAUSE_MS = 1_000;
/** Files in one call: each may have two hundred chunks. */
const MOST_FILES = 4;
/** Images in one call: each may have as many bytes as a file has in twenty chunks. */
const MOST_IMAGES = 32;

export function tend(writer: QueueWriter, { retentionMs, courses, clock }: Tend): Tending {
  writer.tables.renewLease({ ...clock, now: writer.now });
  keepCourses(writer, courses);
  const portions = [
    wakeDelayed(writer),
    failOverdue(writer),
    forgetFinished(writer, retentionMs),
    writer.tables.deleteIdempotencyBefore(keptSince(writer, IDEMPOTENCY_MS), PORTION),
    forgetRequestBatches(writer, retentionMs),
  ];
  const imagesWait =
    forgetUnusedImages(writer, keptSince(writer, UNUSED_IMAGE_MS), MOST_IMAGES) >= MOST_IMAGES;
  const filesWait = deleteOldFiles(writer, retentionMs);
  if (filesWait || imagesWait || portions.some((touched) => touched >= PORTION)) return { nextInMs: 0 };
  const untilDue = (writer.tables.nextDue() ?? Number.POSITIVE_INFINITY) - writer.now;
  return { nextInMs: Math.min(Math.max(0, untilDue), LONGEST_PAUSE_MS) };
}

function keepCourses(writer: QueueWriter, courses: Tend['courses']): void {
  for (const { id, revision, course } of courses) {
    const job = writer.tables.jobById(id);
    if (job?.revision === revision) writer.tables.putCourse(job, course);
  }
}

/** What is older has been kept for `ms` in which a server lived. */
function keptSince(writer: QueueWriter, ms: number): number {
  return livedBefore(writer.now, ms, writer.tables.gaps());
}

function wakeDelayed(writer: QueueWriter): number {
  const due = writer.tables.delayedUntil(writer.now, PORTION);
  for (const job of due) writer.update(job, { notBefore: null });
  return due.length;
}

function failOverdue(writer: QueueWriter): number {
  const overdue = writer.tables.overdueAt(writer.now, PORTION);
  for (const job of overdue) {
    const failed = writer.update(job, {
      status: nextJobStatus(job.status, 'fail'),
      finishedAt: writer.now,
      notBefore: null,
      failure: {
        code: 'DEADLINE_EXCEEDED',
        message: 'The deadline passed while the job waited in the queue.',
        retryable: true,
      },
    });
    writer.putResult(failed, '[]', null);
  }
  return overdue.length;
}

function forgetFinished(writer: QueueWriter, retentionMs: number): number {
  const old = writer.tables.forgettableAt(keptSince(writer, retentionMs), PORTION);
  for (const job of old) writer.forget(job);
  return old.length;
}

function forgetRequestBatches(writer: QueueWriter, retentionMs: number): number {
  const old = writer.tables.requestBatches.forgettableAt(keptSince(writer, retentionMs), PORTION);
  for (const batch of old) forgetRequestBatch(writer, batch);
  return old.length;
}

/** @returns whether more wait */
function deleteOldFiles(writer: QueueWriter, retentionMs: number): boolean {
  const { files } = writer.tables;
  const old = files.deletableAt(writer.now, keptSince(writer, retentionMs), MOST_FILES);
  for (const id of old) files.delete(id);
  return old.length >= MOST_FILES;
}
