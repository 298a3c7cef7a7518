/** Ids as the APIs spell them: their own prefix, and the rest of ours. */
import type { BatchId, FileId, JobId } from '../../domain/ids.ts';

const BATCH_PREFIX = { OPENAI: 'batch_', ANTHROPIC: 'msgbatch_' } as const;
type Api = keyof typeof BATCH_PREFIX;

export function publicBatchId(api: Api, id: BatchId): string {
  return BATCH_PREFIX[api] + id.slice('bat_'.length);
}

/** Null for what cannot be one. */
export function batchIdOf(api: Api, text: string): BatchId | null {
  return text.startsWith(BATCH_PREFIX[api]) && text.length <= 64
    ? (`bat_${text.slice(BATCH_PREFIX[api].length)}` as BatchId)
    : null;
}

export function publicFileId(id: FileId): string {
  return `file-${id.slice('file_'.length)}`;
}

export function fileIdOf(text: string): FileId | null {
  return text.startsWith('file-') && text.length <= 64
    ? (`file_${text.slice('file-'.length)}` as FileId)
    : null;
}

/** Of one request of a batch. */
export function publicJobId(prefix: string, id: JobId): string {
  return prefix + id.slice('job_'.length);
}
