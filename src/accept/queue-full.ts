/** The error of a queue that takes no more: everybody's, or one client's part of it. */
import { ClientQueueFullError, type QueueFull, QueueFullError } from '../domain/queue-full.ts';

export function queueFull(
  { client, limit }: Pick<QueueFull, 'client' | 'limit'>,
  retryAfterMs: number,
): QueueFullError | ClientQueueFullError {
  return client === null
    ? new QueueFullError(limit, retryAfterMs)
    : new ClientQueueFullError(client, limit, retryAfterMs);
}
