/** Fails jobs that wait and can never run. */
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { JobFailure } from '../domain/job.ts';
import type { ClaimPick } from '../domain/store.ts';
import type { ExecutorDependencies } from './dependencies.ts';

/** Jobs that are failed in one commit at most, so that the writes of others are not held up. */
const PORTION = 500;

/** What could not be stored is told again by the loop while the jobs still wait. */
export async function refuseJobs(
  { store, logger }: Pick<ExecutorDependencies, 'store' | 'logger'>,
  picks: readonly ClaimPick[],
  failure: JobFailure,
): Promise<void> {
  let refused = 0;
  try {
    for (const { count, ...bucket } of picks) {
      for (let left = count; left > 0; left -= PORTION)
        refused += await store.refuse([{ ...bucket, count: Math.min(left, PORTION) }], failure);
    }
  } catch (error) {
    if (error instanceof StoreClosedError) return;
    logger.error(`Jobs that can never run could not be failed: ${messageOf(error)}`);
  }
  if (refused > 0) logger.warn(`${refused} waiting jobs were failed: ${failure.message}`);
}
