/** Every read, over the rows in memory: plain loops, as there is no one to keep waiting. */
import { type Batch, type BatchFilter, batchFinishedAt, kindIn } from '../../domain/batch.ts';
import {
  isTerminal,
  JOB_PRIORITIES,
  type Job,
  type JobStatus,
  NO_JOBS,
  type OutputPart,
  textsOf,
} from '../../domain/job.ts';
import { matchesJob } from '../../domain/job-filter.ts';
import type { CountedRequestBatch, RequestBatch } from '../../domain/request-batch.ts';
import { type JobPosition, jobPosition } from '../../domain/store.ts';
import { piecesWithin } from '../../domain/vectors.ts';
import { batchPage } from '../batch-paging.ts';
import type { AnswerOf, InputOf, Reads } from '../operation.ts';
import { storedFile } from '../operations/files.ts';
import { isOverdue } from '../overdue.ts';
import { pageOf, type Walk } from '../paging.ts';
import type { BatchRow } from '../tables.ts';
import type { MemoryTables } from './memory-tables.ts';
import { waitingBuckets, waitingJobs } from './memory-waiting.ts';

type Readers = { readonly [K in keyof Reads]: (input: InputOf<Reads, K>) => AnswerOf<Reads, K> };

/** @param revision the newest one given out. */
export function memoryReads(tables: MemoryTables, revision: () => number): Readers {
  const all = () => [...tables.jobs.values()];
  return {
    jobs: (ids) => ids.map((id) => tables.jobById(id)),
    list: (query) => pageOf(query, (walk) => walkJobs(all(), walk)),
    countJobs: (filter) => all().filter((job) => matchesJob(filter, job)).length,
    changedSince: ({ revision: since, limit }) =>
      all()
        .filter((job) => job.revision > since)
        .sort((a, b) => a.revision - b.revision)
        .slice(0, limit),
    revision: () => revision(),
    withFallback: ({ after, limit }) =>
      all()
        .filter(({ fallback, status, sequence }) => fallback && status === 'PENDING' && sequence > after)
        .sort((a, b) => a.sequence - b.sequence)
        .slice(0, limit),
    waitingBuckets: (filter) => waitingBuckets(all(), filter),
    waitingJobs: (query) => waitingJobs(all(), query),
    queuePositions: (ids) => {
      const line = all()
        .filter(({ status }) => status === 'PENDING')
        .sort(
          (a, b) =>
            JOB_PRIORITIES.indexOf(a.priority) - JOB_PRIORITIES.indexOf(b.priority) ||
            a.sequence - b.sequence,
        );
      const places = new Map(line.map(({ id }, place) => [id, place]));
      return ids.map((id) => places.get(id) ?? null);
    },
    batches: (ids) => ids.map((id) => batchOf(tables, id)),
    listBatches: (query) =>
      batchPage(query, ({ filter, below, above, upwards, limit }) => {
        const ids = [...tables.batches.keys()]
          .filter((id) => (below === undefined || id < below) && (above === undefined || id > above))
          .sort();
        const ordered = upwards ? ids : ids.reverse();
        return ordered
          .map((id) => batchOf(tables, id))
          .filter((batch) => batch !== null && isMeant(filter, batch))
          .slice(0, limit) as readonly Batch[];
      }),
    countBatches: (filter) => [...tables.batches.values()].filter((batch) => isMeant(filter, batch)).length,
    idsWithPrefix: ({ prefix, client, limit }) =>
      [...tables.jobs.values(), ...tables.batches.values()]
        .filter((one) => one.id.startsWith(prefix) && (client === undefined || one.client === client))
        .map(({ id }) => id)
        .sort()
        .slice(0, limit),
    requestSize: (id) => {
      const request = tables.requests.get(tables.sequences.get(id) ?? 0);
      return request ? Buffer.byteLength(request.body) : null;
    },
    request: (id) => tables.requests.get(tables.sequences.get(id) ?? 0)?.body ?? null,
    resultSizes: (ids) =>
      ids.map((id) => {
        const left = leftBy(tables, id);
        return (
          left && {
            ending: Buffer.byteLength(left.result?.ending ?? ''),
            output: Buffer.byteLength(left.output),
            raw: Buffer.byteLength(left.result?.raw ?? ''),
          }
        );
      }),
    endings: (ids) => ids.map((id) => leftBy(tables, id)?.result?.ending ?? null),
    output: (id) => leftBy(tables, id)?.output ?? null,
    texts: (ids) =>
      ids.map((id) => {
        const output = leftBy(tables, id)?.output;
        return output === undefined ? null : textsOf(JSON.parse(output) as readonly OutputPart[]);
      }),
    raws: (ids) => ids.map((id) => leftBy(tables, id)?.result?.raw ?? null),
    courses: (ids) => ids.map((id) => leftBy(tables, id)?.course ?? null),
    vectors: ({ id, from, count }) => {
      const left = leftBy(tables, id);
      return left ? piecesWithin(tables.vectors.get(left.sequence) ?? [], from, count) : [];
    },
    blob: (hash) => tables.images.content(hash),
    images: (query) => tables.images.stored(query),
    chats: (ids) => ids.map((id) => tables.chats.byId(id)),
    listChats: (query) => tables.chats.list(query),
    countChats: (filter) => tables.chats.countMatching(filter),
    chatPath: ({ id, leaf }) => tables.chats.path(id, leaf),
    chatMessages: (ids) => ids.map((id) => tables.chats.message(id)),
    chatAlternatives: (ids) => ids.map((id) => tables.chats.alternatives(id)),
    file: (id) => {
      const file = tables.files.byId(id);
      return file?.isReady ? storedFile(file) : null;
    },
    files: (query) => tables.files.list(query),
    fileChunk: ({ id, place }) => tables.files.chunk(id, place),
    requestBatch: (id) => {
      const batch = tables.requestBatches.byId(id);
      return batch && counted(tables, batch);
    },
    requestBatches: (query) => {
      const { batches, hasMore } = tables.requestBatches.list(query);
      return { batches: batches.map((batch) => counted(tables, batch)), hasMore };
    },
    unendedRequestBatches: () =>
      [...tables.requestBatches.batches.values()]
        .filter(({ endedAt }) => endedAt === null)
        .map(({ id }) => id),
    batchMembers: ({ id, after, limit }) =>
      membersOf(tables, id)
        .filter(({ sequence }) => sequence > after)
        .slice(0, limit),
    sampleSeries: (query) => tables.history.series(query),
    residencies: (query) => tables.history.residencies(query),
    decisions: () => tables.history.decisions(),
    lifetime: () => tables.history.lifetime(),
    refusedLines: ({ id, after, limit }) =>
      tables.requestBatches
        .refusals(id)
        .filter(({ line }) => line > after)
        .slice(0, limit),
    recall: (space) => new Map(tables.facts.get(space)),
  };
}

/** Null for unfinished and unknown jobs. */
function leftBy(tables: MemoryTables, id: Job['id']) {
  const job = tables.jobById(id);
  if (!job || !isTerminal(job.status)) return null;
  return {
    sequence: job.sequence,
    ...(tables.results.get(job.sequence) ?? { output: '[]', result: null, course: null }),
  };
}

function walkJobs(jobs: readonly Job[], { filter, order, start, end, limit }: Walk): readonly Job[] {
  const sign = order.direction === 'ASC' ? 1 : -1;
  const compare = (a: JobPosition, b: JobPosition) => sign * comparePositions(a, b);
  return jobs
    .filter((job) => matchesJob(filter, job))
    .map((job) => ({ job, position: jobPosition(job, order.field) }))
    .filter(
      ({ position }) => (!start || compare(position, start) > 0) && (!end || compare(position, end) < 0),
    )
    .sort((a, b) => compare(a.position, b.position))
    .slice(0, limit)
    .map(({ job }) => job);
}

/** Null stands after every value. */
function comparePositions(a: JobPosition, b: JobPosition): number {
  if (a.value === b.value) return a.sequence - b.sequence;
  if (a.value === null) return 1;
  if (b.value === null) return -1;
  return a.value - b.value;
}

function isMeant({ client, kind }: BatchFilter, batch: BatchRow): boolean {
  if (client !== undefined && batch.client !== client) return false;
  return kind === undefined || kindIn(batch.metadata) === kind;
}

function batchOf(tables: MemoryTables, id: Batch['id']): Batch | null {
  const batch = tables.batches.get(id);
  if (!batch) return null;
  const jobs = membersOf(tables, id);
  const counts: Record<JobStatus, number> = { ...NO_JOBS };
  let jobsEndedAt: number | null = null;
  for (const { status, finishedAt } of jobs) {
    counts[status] += 1;
    if (finishedAt !== null) jobsEndedAt = Math.max(jobsEndedAt ?? 0, finishedAt);
  }
  const requests = tables.requestBatches.byId(id);
  return { ...batch, counts, finishedAt: batchFinishedAt(counts, jobsEndedAt, requests?.endedAt) };
}

function counted(tables: MemoryTables, batch: RequestBatch): CountedRequestBatch {
  const jobs = batchOf(tables, batch.id)?.counts ?? NO_JOBS;
  return { batch, jobs, overdue: membersOf(tables, batch.id).filter(isOverdue).length };
}

/** In their order. */
function membersOf(tables: MemoryTables, id: Batch['id']): readonly Job[] {
  return [...(tables.batchJobs.get(id) ?? [])]
    .map((sequence) => tables.jobs.get(sequence))
    .filter((job) => job !== undefined);
}
