/** Batches of requests: made of a file, worked off piece by piece, ended once. */
import type { BatchId } from '../../domain/ids.ts';
import {
  type CreateBatchOutcome,
  FILE_START,
  isEnded,
  type NewRequestBatch,
  NO_REFUSALS,
  type PieceOutcome,
  type RefusalKind,
  type RequestBatch,
  type RequestBatchStep,
  requestBatchTransition,
} from '../../domain/request-batch.ts';
import type { EncodedPiece } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { cancel } from './job-commands.ts';
import { insertJobs, remembered } from './submit.ts';

export function createRequestBatch(
  writer: QueueWriter,
  { idempotency, lines, windowMs, total, ...asked }: NewRequestBatch,
): CreateBatchOutcome {
  const known = idempotency && remembered(writer, asked.client, keyOf(idempotency));
  const before = known?.batchId ? writer.tables.requestBatches.byId(known.batchId) : null;
  if (before) {
    if (known?.inputHash !== idempotency?.inputHash) return { kind: 'conflict' };
    return { kind: 'duplicate', batch: before };
  }
  const { files, requestBatches } = writer.tables;
  const source = files.byId('own' in lines ? lines.own : lines.of);
  if (!source) return { kind: 'no-lines' };
  // Its own file is finished with it, so that none is left over by a server that ends in between.
  if ('own' in lines) files.update(lines.own, { isReady: true });
  else {
    if (!source.isReady) return { kind: 'no-lines' };
    files.insert({
      ...source,
      id: lines.copy,
      client: asked.client,
      purpose: 'BATCH_INPUT',
      createdAt: writer.now,
      expiresAt: null,
    });
    files.shareChunks(lines.of, lines.copy);
  }
  const status = total === null ? 'VALIDATING' : 'IN_PROGRESS';
  const batch: RequestBatch = {
    ...asked,
    inputFile: 'copy' in lines ? lines.of : null,
    content: 'copy' in lines ? lines.copy : lines.own,
    status,
    createdAt: writer.now,
    expiresAt: writer.now + Math.ceil(windowMs),
    since: { [status]: writer.now },
    endedAt: null,
    total,
    taken: FILE_START,
    refused: NO_REFUSALS,
    problems: [],
    answersFile: null,
    errorsFile: null,
  };
  requestBatches.insert(batch);
  const { id, client } = batch;
  writer.tables.insertBatch({
    id,
    client,
    name: null,
    kept: false,
    metadata: null,
    createdAt: writer.now,
  });
  if (idempotency)
    writer.tables.putIdempotency(client, keyOf(idempotency), {
      inputHash: idempotency.inputHash,
      batchId: id,
      createdAt: writer.now,
      firstSequence: 0,
      lastSequence: -1,
    });
  return { kind: 'made', batch };
}

function keyOf({ key }: { readonly key: string }): string {
  return `batch:${key}`;
}

export function stepRequestBatch(writer: QueueWriter, step: RequestBatchStep): RequestBatch | null {
  const { files, requestBatches } = writer.tables;
  const batch = requestBatches.byId(step.id);
  const status = batch && requestBatchTransition(batch.status, step.event);
  if (!batch || !status) return null;
  const output = step.output ?? [];
  for (const { id, name, bytes, part } of output) {
    files.insert({
      id,
      client: batch.client,
      purpose: 'BATCH_OUTPUT',
      name,
      createdAt: writer.now,
      expiresAt: null,
      bytes,
      source: { batchId: batch.id, part },
      isReady: true,
    });
  }
  const ended = isEnded(status);
  if (ended && batch.content !== null) files.delete(batch.content);
  const idOf = (part: 'ANSWERS' | 'ERRORS') => output.find((file) => file.part === part)?.id ?? null;
  const after: RequestBatch = {
    ...batch,
    status,
    since: { ...batch.since, [status]: writer.now },
    endedAt: ended ? writer.now : null,
    content: ended ? null : batch.content,
    total: step.total ?? batch.total,
    problems: step.problems ?? batch.problems,
    answersFile: idOf('ANSWERS'),
    errorsFile: idOf('ERRORS'),
  };
  requestBatches.update(after);
  return after;
}

/** Lines become jobs while the batch is in progress. Once somebody cancelled it, they are only refused any more. */
export function takePiece(writer: QueueWriter, piece: EncodedPiece): PieceOutcome {
  const { files, requestBatches } = writer.tables;
  const batch = requestBatches.byId(piece.id);
  const takes = piece.jobs.length > 0 ? ['IN_PROGRESS'] : ['IN_PROGRESS', 'CANCELLING'];
  if (!batch || !takes.includes(batch.status) || batch.content === null) return { kind: 'stale' };
  if (batch.taken.bytes !== piece.from.bytes || batch.taken.lines !== piece.from.lines)
    return { kind: 'stale' };
  if (piece.jobs.length > 0 && writer.fullFor(batch.client, piece.jobs.length, piece.queueLimit))
    return { kind: 'queue-full', room: writer.roomFor(batch.client, piece.queueLimit) };
  insertJobs(writer, piece, batch.id);
  const refused: Record<RefusalKind, number> = { ...batch.refused };
  for (const line of piece.refused) {
    requestBatches.refuse(batch.id, line);
    refused[line.kind] += 1;
  }
  if (piece.isLast) files.delete(batch.content);
  requestBatches.update({
    ...batch,
    taken: piece.to,
    refused,
    content: piece.isLast ? null : batch.content,
  });
  return { kind: 'taken' };
}

export function cancelBatchJobs(
  writer: QueueWriter,
  { id, limit }: { readonly id: BatchId; readonly limit: number },
): number {
  const jobs = writer.tables.unfinishedOf(id, limit);
  for (const job of jobs) cancel(writer, { id: job.id, reason: 'The batch was cancelled.' });
  return jobs.length;
}

export function deleteRequestBatch(writer: QueueWriter, id: BatchId): boolean {
  const batch = writer.tables.requestBatches.byId(id);
  if (!batch || !isEnded(batch.status)) return false;
  forgetRequestBatch(writer, batch);
  return true;
}

/** What is left of its jobs is forgotten when their own time comes. */
export function forgetRequestBatch(writer: QueueWriter, { id }: RequestBatch): void {
  const { files, requestBatches } = writer.tables;
  for (const file of files.outputOf(id)) files.delete(file);
  requestBatches.delete(id);
  writer.tables.deleteEmptyBatch(id);
}
