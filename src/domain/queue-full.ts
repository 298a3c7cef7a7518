/** The queue takes no more: of anybody, or of one client. */
import { VramkeeperError } from './errors.ts';

/** Nothing was stored: as many jobs wait as may. */
export interface QueueFull {
  readonly kind: 'queue-full';
  readonly limit: number;
  readonly waiting: number;
  /** Whose own limit it is; null where it is that of all together. */
  readonly client: string | null;
}

export class QueueFullError extends VramkeeperError {
  readonly code = 'QUEUE_FULL';
  readonly limit: number;
  readonly retryAfterMs: number;

  constructor(limit: number, retryAfterMs: number) {
    super(
      `The queue holds its limit of ${limit} waiting jobs. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    );
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Of one client as many jobs wait as may, whatever room there is for others. */
export class ClientQueueFullError extends VramkeeperError {
  readonly code = 'CLIENT_QUEUE_FULL';
  readonly client: string;
  readonly limit: number;
  readonly retryAfterMs: number;

  constructor(client: string, limit: number, retryAfterMs: number) {
    super(
      `${client} may have ${limit} waiting jobs, which these would exceed. Try again in ${Math.ceil(retryAfterMs / 1000)} s, or with fewer.`,
    );
    this.client = client;
    this.limit = limit;
    this.retryAfterMs = retryAfterMs;
  }
}
