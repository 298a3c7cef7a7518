/** The error of a queue that takes no more: everybody's, or one client's part of it. */
import { ClientQueueFullError, type QueueFull, QueueFullError } from '../domain/queue-full.ts';

/** @param retryAfterMs when there should be room: for a client of its own part, for null of the whole queue */
export function queueFull(
  { client, limit }: Pick<QueueFull, 'client' | 'limit'>,
  retryAfterMs: (client: string | null) => number,
): QueueFullError | ClientQueueFullError {
  return client === null
    ? new QueueFullError(limit, retryAfterMs(null))
    : new ClientQueueFullError(client, limit, retryAfterMs(client));
}
