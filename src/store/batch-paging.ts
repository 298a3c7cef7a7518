/** Pages of the list of batches, whatever holds them. */
import type { Batch, BatchFilter, BatchPage, BatchQuery } from '../domain/batch.ts';
import type { BatchId } from '../domain/ids.ts';

/** The matching batches whose ids lie between two others, both exclusive, from the higher ids down, or from the lower ones up. */
export interface BatchWalk {
  readonly filter: BatchFilter;
  readonly below: BatchId | undefined;
  readonly above: BatchId | undefined;
  readonly upwards: boolean;
  readonly limit: number;
}

export function batchPage(query: BatchQuery, walk: (walk: BatchWalk) => readonly Batch[]): BatchPage {
  const { filter, after, before, fromEnd = false, limit } = query;
  const found = walk({ filter, below: after, above: before, upwards: fromEnd, limit });
  const batches = fromEnd ? found.toReversed() : found;
  const first = batches.at(0)?.id ?? before;
  const last = batches.at(-1)?.id ?? after;
  const exists = (range: Pick<BatchWalk, 'below' | 'above'>) =>
    walk({ filter, ...range, upwards: false, limit: 1 }).length > 0;
  return {
    batches,
    hasPrevious: first !== undefined && exists({ below: undefined, above: first }),
    hasNext: last !== undefined && exists({ below: last, above: undefined }),
  };
}
