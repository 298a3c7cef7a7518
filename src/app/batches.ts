/** Wiring of the batch APIs. */
import type { AcceptService } from '../accept/accept-service.ts';
import type { ModelDirectory } from '../accept/admit.ts';
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/store.ts';
import { BatchService } from '../gateway/batches/batch-service.ts';
import { BATCH_ENDPOINTS } from '../gateway/batches/table.ts';
import type { Logger } from '../telemetry/logger.ts';

interface BatchParts {
  readonly store: Store;
  readonly accept: AcceptService;
  readonly models: ModelDirectory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The batch APIs, with the bounds that are configured. */
export function buildBatches(config: Config, { logger, ...parts }: BatchParts): BatchService {
  return new BatchService({
    ...parts,
    endpoints: BATCH_ENDPOINTS,
    quota: config.fileQuota,
    retentionMs: config.retentionMs,
    log: (message) => logger.error(message),
  });
}
