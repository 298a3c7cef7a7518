/** What becomes of the jobs that an earlier server had in hand when it ended. */
import type { Store } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

export async function recoverJobs(store: Store, logger: Pick<Logger, 'info'>): Promise<void> {
  const { requeued, cancelled } = await store.recover();
  if (requeued > 0) logger.info(`${requeued} jobs that ran when the last server ended are queued again.`);
  if (cancelled > 0)
    logger.info(`${cancelled} jobs whose clients waited on the last server when it ended are cancelled.`);
}
