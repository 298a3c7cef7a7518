/** Work of a server on a model of its own that is told record by record: making one, and handing one to a registry. */

import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type RecordSink, SUCCESS } from '../../domain/model-operations.ts';
import type { PullMeans } from './pull.ts';

/** @throws BackendError, or the signal's reason */
export async function work(
  { connection, deadlines }: Pick<PullMeans, 'connection' | 'deadlines'>,
  endpoint: '/api/create' | '/api/push',
  request: JsonObject,
  onRecord: RecordSink,
  signal: AbortSignal,
): Promise<void> {
  // Ollama says nothing while it reads, converts or hashes a file of many gigabytes.
  const silence = { firstByteMs: deadlines.pullStoreMs, betweenChunksMs: deadlines.pullStoreMs };
  for await (const record of connection.stream({ endpoint, body: request }, signal, silence)) {
    onRecord(record);
    if (record.status === SUCCESS) return;
  }
  throw new BackendError(
    'BACKEND_ERROR',
    'retry',
    `Ollama ended ${endpoint} without saying that it succeeded. Try again: what arrived is kept.`,
  );
}
