/** The next lines of a batch as one piece: as many as make a commit that holds up nobody. */
import type { FileId } from '../../domain/ids.ts';
import type { Piece, RefusalKind, RefusedLine, RequestBatch } from '../../domain/request-batch.ts';
import type { NewJob } from '../../domain/store.ts';
import type { FileStore } from '../../domain/stored-file.ts';
import { refused as problem } from '../shared/problem.ts';
import { type LineJobs, refusedLine } from './line-jobs.ts';
import { linesOf } from './line-reader.ts';
import { isProblem, readRequestLine } from './request-lines.ts';

const MOST_BYTES = 8 * 1024 * 1024;

export interface PieceDependencies {
  readonly files: Pick<FileStore, 'chunk'>;
  readonly lineJobs: LineJobs;
  readonly mostLines: number;
}

/** @param refuseAll why no jobs are to be made any more; null while they are */
export async function nextPiece(
  batch: RequestBatch,
  content: FileId,
  { files, lineJobs, mostLines }: PieceDependencies,
  refuseAll: Exclude<RefusalKind, 'ERRORED'> | null,
): Promise<Omit<Piece, 'queueLimit'>> {
  const jobs: NewJob[] = [];
  const refused: RefusedLine[] = [];
  const blobs = new Map<Parameters<Piece['blobs']['get']>[0], Uint8Array>();
  let to = batch.taken;
  let isLast = true;
  for await (const line of linesOf(files, content, batch.taken)) {
    const isFull =
      jobs.length + refused.length >= mostLines || line.end.bytes - batch.taken.bytes > MOST_BYTES;
    if (isFull && to !== batch.taken) {
      isLast = false;
      break;
    }
    to = line.end;
    const request = readRequestLine(batch, line);
    if (isProblem(request)) {
      // Every line was good when the batch was made.
      refused.push(refusedLine(line.number, '', problem(400, request.code, request.message)));
      continue;
    }
    const { customId } = request;
    if (refuseAll) {
      refused.push({ line: line.number, customId, kind: refuseAll, status: 0, code: refuseAll, message: '' });
      continue;
    }
    const made = lineJobs.jobOf(batch, line.number, request);
    if ('status' in made) {
      refused.push(refusedLine(line.number, customId, made));
      continue;
    }
    jobs.push(made.job);
    for (const [hash, bytes] of made.blobs) blobs.set(hash, bytes);
  }
  return { id: batch.id, from: batch.taken, to, isLast, jobs, blobs, refused };
}
