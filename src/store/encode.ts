/** What callers hand to a store, as it travels and rests: JSON as text, texts as Unicode, counts as whole numbers. Refuses what cannot be kept. */
import type { BatchChange, BatchFilter } from '../domain/batch.ts';
import { messageOf, UnstorableValueError } from '../domain/errors.ts';
import type { Fallback, ModelChoice } from '../domain/fallback.ts';
import { endingOf } from '../domain/job.ts';
import type { EndedCourse } from '../domain/job-course.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import { type JsonObject, type JsonProblem, jsonProblem } from '../domain/json.ts';
import type { Piece } from '../domain/request-batch.ts';
import type { ClaimPick, Finish, NewJob, ReturnToQueue, Submission } from '../domain/store.ts';
import { blobsOf } from '../kinds/kinds.ts';
import type {
  EncodedEndedCourse,
  EncodedFinish,
  EncodedJob,
  EncodedPiece,
  EncodedSubmission,
} from './operation.ts';

/** The longest that anything waits or is kept: three thousand years stand for ever, and their end is still an instant that can be shown. */
const LONGEST_MS = 1e14;
/** Of the instants that a Date can be, in epoch milliseconds. */
const LAST_INSTANT_MS = 8.64e15;

/** @throws UnstorableValueError */
export function encodeSubmission(submission: Submission): EncodedSubmission {
  const { batch, idempotency } = submission;
  return {
    jobs: submission.jobs.map(encodeJob),
    batch: batch && {
      ...batch,
      ...encodeBatchChange(batch),
      name: batch.name === null ? null : unicode(batch.name),
      client: unicode(batch.client),
    },
    idempotency: idempotency && {
      ...idempotency,
      client: unicode(idempotency.client),
      key: unicode(idempotency.key),
    },
    blobs: compact(submission.blobs),
    imagesOf:
      submission.imagesOf === undefined || submission.imagesOf === null ? null : unicode(submission.imagesOf),
    takesUp: submission.takesUp ?? null,
    queueLimit: count(submission.queueLimit),
  };
}

/** @throws UnstorableValueError */
export function encodePiece(piece: Piece): EncodedPiece {
  return {
    ...piece,
    jobs: piece.jobs.map(encodeJob),
    refused: piece.refused.map((line) => ({
      ...line,
      customId: unicode(line.customId),
      message: unicode(line.message),
    })),
    blobs: compact(piece.blobs),
    queueLimit: count(piece.queueLimit),
  };
}

/** @throws UnstorableValueError */
export function encodeEndedCourse({ id, revision, course }: EndedCourse): EncodedEndedCourse {
  return { id, revision, course: jsonText(course, 'The course') };
}

export function encodeFinish(finish: Finish): EncodedFinish {
  const { id, fence } = finish;
  const output = stringified(finish.output, 'The output');
  const course = finish.course ? jsonText(finish.course, 'The course') : null;
  switch (finish.kind) {
    case 'complete':
      return {
        id,
        fence,
        kind: 'complete',
        course,
        output,
        isOther: finish.isOther ?? false,
        result: {
          ending: jsonText(endingOf(finish.result), 'The result'),
          raw: jsonText(finish.result.raw, 'The record of the backend'),
        },
      };
    case 'fail':
      return { id, fence, kind: 'fail', course, output, failure: finish.failure, attempt: finish.attempt };
    default:
      return finish satisfies never;
  }
}

export function encodePick(pick: ClaimPick): ClaimPick {
  return { ...pick, client: unicode(pick.client), count: count(pick.count) };
}

export function encodeReturn(one: ReturnToQueue): ReturnToQueue {
  return { ...one, delayMs: duration(one.delayMs) };
}

/** Without what is absent. @throws UnstorableValueError */
export function encodeBatchChange({ name, kept, metadata }: BatchChange): BatchChange {
  return {
    ...(name !== undefined && { name: name && unicode(name) }),
    ...(kept !== undefined && { kept }),
    ...(metadata !== undefined && { metadata: metadata && jsonObject(metadata, 'metadata') }),
  };
}

export function encodeBatchFilter({ client, kind }: BatchFilter): BatchFilter {
  return {
    ...(client !== undefined && { client: unicode(client) }),
    ...(kind !== undefined && { kind: unicode(kind) }),
  };
}

/** Texts as they were stored, so that they find what was stored. */
export function encodeFilter(filter: JobFilter): JobFilter {
  const { client, clients, labels, matching, models } = filter;
  return {
    ...filter,
    ...(client !== undefined && { client: unicode(client) }),
    ...(clients && { clients: clients.map(unicode) }),
    ...(matching !== undefined && { matching: unicode(matching) }),
    ...(labels && { labels: labels.map(({ key, value }) => ({ key: unicode(key), value: unicode(value) })) }),
    ...(models && { models: models.map(unicode) }),
  };
}

/** Whether an operation is plain data, but for the bytes of its blobs, and for requests, which were looked at by themselves. @throws UnstorableValueError */
export function checkPlain(input: unknown, name: string): void {
  refuse(isOfJobs(input) ? { ...input, blobs: null, jobs: input.jobs.map(withoutRequest) } : input, name);
}

/** What brings jobs with all that they refer to. */
export type OfJobs = Pick<EncodedSubmission, 'jobs' | 'blobs'>;

export function isOfJobs(input: unknown): input is OfJobs {
  return typeof input === 'object' && input !== null && 'blobs' in input && 'jobs' in input;
}

function withoutRequest({ request: _, ...job }: EncodedJob): Omit<EncodedJob, 'request'> {
  return job;
}

/** @throws UnstorableValueError */
export function jsonText(value: unknown, what: string): string {
  refuse(value, what);
  return stringified(value, what);
}

/**
 * Text as a database keeps it. Half of a surrogate pair is no character: UTF-8 has no bytes for it, and two texts that differ in such
 * halves only would become one behind the back of whoever counts by them.
 */
export function unicode(text: string): string {
  if (typeof text !== 'string') throw new UnstorableValueError(`A text is needed, not ${typeof text}.`);
  return text.toWellFormed();
}

/** A number of things: whole, and none where it is no number. */
export function count(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(0, Math.floor(value)), Number.MAX_SAFE_INTEGER);
}

/** The most rows that one page of a list or of changes holds. */
const LARGEST_PAGE = 1_000;

export function pageLimit(limit: number): number {
  return Math.min(count(limit), LARGEST_PAGE);
}

/** A copy of an object that can be kept. @throws UnstorableValueError */
export function jsonObject(value: JsonObject, what: string): JsonObject {
  return JSON.parse(jsonText(value, what)) as JsonObject;
}

/** Milliseconds from now on; at once where it is no number. */
export function duration(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), LONGEST_MS);
}

function refuse(value: unknown, what: string): void {
  let problem: JsonProblem | null;
  try {
    problem = jsonProblem(value);
  } catch (error) {
    // A value that runs code of its own when it is looked at.
    throw new UnstorableValueError(`${what} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  if (problem) throw new UnstorableValueError(`${[what, ...problem.path].join('.')} ${problem.message}`);
}

export function encodeJob(job: NewJob): EncodedJob {
  if (!Number.isSafeInteger(job.maxAttempts) || job.maxAttempts < 1)
    throw new UnstorableValueError(
      `maxAttempts must be a whole number of at least 1, not ${job.maxAttempts}.`,
    );
  if (job.deadline !== null && !(Math.abs(job.deadline) <= LAST_INSTANT_MS))
    throw new UnstorableValueError(`deadline must be an instant in epoch milliseconds, not ${job.deadline}.`);
  refuse(job.request, 'request');
  return {
    ...job,
    client: unicode(job.client),
    modelName: unicode(job.modelName),
    ...(job.task !== undefined && { task: unicode(job.task) }),
    ...(job.fallback && { fallback: encodeFallback(job.fallback) }),
    ...(job.cache && { cache: { key: unicode(job.cache.key), maxAgeMs: duration(job.cache.maxAgeMs) } }),
    queue: unicode(job.queue) as NewJob['queue'],
    labels: job.labels.map(({ key, value }) => ({ key: unicode(key), value: unicode(value) })),
    blobs: blobsOf(job.request),
  };
}

function encodeFallback({ asked, choices, afterMs }: Fallback): Fallback {
  return {
    asked: asked.map(unicode),
    choices: choices.map(encodeChoice),
    afterMs: afterMs === null ? null : Math.ceil(afterMs),
  };
}

export function encodeChoice({ modelName, queue }: ModelChoice): ModelChoice {
  return { modelName: unicode(modelName), queue: unicode(queue) as ModelChoice['queue'] };
}

/** Bytes of their own: a view would take all that it is a view of along to the other thread. */
function compact(blobs: Submission['blobs']): Submission['blobs'] {
  return new Map([...blobs].map(([hash, bytes]) => [hash, new Uint8Array(bytes)]));
}

export function stringified(value: unknown, what: string): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new UnstorableValueError(`${what} cannot be written as JSON: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
