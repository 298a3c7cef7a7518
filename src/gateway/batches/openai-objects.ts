/** Files and batches as OpenAI's API tells them. */
import type { JsonObject } from '../../domain/json.ts';
import type { CountedRequestBatch, RequestBatch, RequestBatchStatus } from '../../domain/request-batch.ts';
import type { FilePurpose, StoredFile } from '../../domain/stored-file.ts';
import { publicBatchId, publicFileId } from './public-ids.ts';

const PURPOSES: Readonly<Record<FilePurpose, string>> = {
  BATCH: 'batch',
  BATCH_OUTPUT: 'batch_output',
  // Nobody sees one.
  BATCH_INPUT: 'batch',
};

export function fileObject(file: StoredFile, retentionMs: number): JsonObject {
  const latest = file.createdAt + retentionMs;
  return {
    id: publicFileId(file.id),
    object: 'file',
    bytes: file.bytes,
    created_at: seconds(file.createdAt),
    expires_at: file.purpose === 'BATCH' ? seconds(Math.min(file.expiresAt ?? latest, latest)) : null,
    filename: file.name,
    purpose: PURPOSES[file.purpose],
    status: 'processed',
    status_details: null,
  };
}

export function batchObject({ batch, jobs }: CountedRequestBatch): JsonObject {
  const { refused, since } = batch;
  const at = (status: RequestBatchStatus) => {
    const time = since[status];
    return time === undefined ? null : seconds(time);
  };
  return {
    id: publicBatchId('OPENAI', batch.id),
    object: 'batch',
    endpoint: batch.endpoint,
    errors: errorsOf(batch),
    input_file_id: batch.inputFile && publicFileId(batch.inputFile),
    completion_window: batch.window,
    status: batch.status.toLowerCase(),
    output_file_id: batch.answersFile && publicFileId(batch.answersFile),
    error_file_id: batch.errorsFile && publicFileId(batch.errorsFile),
    created_at: seconds(batch.createdAt),
    in_progress_at: at('IN_PROGRESS'),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: at('FINALIZING'),
    completed_at: at('COMPLETED'),
    failed_at: at('FAILED'),
    expired_at: at('EXPIRED'),
    cancelling_at: at('CANCELLING'),
    cancelled_at: at('CANCELLED'),
    request_counts: {
      total: batch.total ?? 0,
      completed: jobs.COMPLETE,
      failed: jobs.FAILED + refused.ERRORED + refused.EXPIRED,
    },
    metadata: batch.metadata,
  };
}

function errorsOf({ problems }: RequestBatch): JsonObject | null {
  if (problems.length === 0) return null;
  return {
    object: 'list',
    data: problems.map(({ code, message, param, line }) => ({ code, message, param, line })),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
