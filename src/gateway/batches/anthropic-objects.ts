/** Batches as Anthropic's API tells them. */
import type { JsonObject } from '../../domain/json.ts';
import { type CountedRequestBatch, isEnded } from '../../domain/request-batch.ts';
import { publicBatchId } from './public-ids.ts';

/** @param origin of the address of its results */
export function batchObject(counted: CountedRequestBatch, origin: string) {
  const { batch } = counted;
  const id = publicBatchId('ANTHROPIC', batch.id);
  const ended = isEnded(batch.status);
  const { CANCELLING: cancelledAt } = batch.since;
  return {
    id,
    type: 'message_batch',
    processing_status: ended ? 'ended' : batch.status === 'CANCELLING' ? 'canceling' : 'in_progress',
    request_counts: requestCounts(counted, ended),
    created_at: instant(batch.createdAt),
    expires_at: instant(batch.expiresAt),
    ended_at: batch.endedAt === null ? null : instant(batch.endedAt),
    cancel_initiated_at: cancelledAt === undefined ? null : instant(cancelledAt),
    archived_at: null,
    results_url: ended ? `${origin}/v1/messages/batches/${id}/results` : null,
  };
}

/** All are being processed until the whole batch has ended. */
function requestCounts({ batch, jobs, overdue }: CountedRequestBatch, ended: boolean): JsonObject {
  if (!ended) return { processing: batch.total ?? 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  const { refused } = batch;
  return {
    processing: 0,
    succeeded: jobs.COMPLETE,
    errored: jobs.FAILED - overdue + refused.ERRORED,
    canceled: jobs.CANCELLED + refused.CANCELLED,
    expired: overdue + refused.EXPIRED,
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
