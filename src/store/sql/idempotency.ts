/** What was submitted with a key, as a row. */
import type { BatchId } from '../../domain/ids.ts';
import type { IdempotencyRecord } from '../tables.ts';
import { numberAt, type Row, textAt } from './statements.ts';

/** Of a row with its hash, its time, its batch, and its first and last sequence. */
export function idempotencyOf(row: Row): IdempotencyRecord {
  return {
    inputHash: textAt(row, 0),
    createdAt: numberAt(row, 1),
    batchId: row[2] as BatchId | null,
    firstSequence: numberAt(row, 3),
    lastSequence: numberAt(row, 4),
  };
}
