/** The log as the store wants it. */
import type { StoreLogger } from '../store/store-base.ts';
import type { Logger } from '../telemetry/logger.ts';

export function storeLogger(logger: Logger): StoreLogger {
  return {
    warn: (details, message) => logger.warn(message, { ...details }),
    error: (details, message) => logger.error(message, { ...details }),
  };
}
