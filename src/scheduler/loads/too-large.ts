/** Whether a queue's model could ever be loaded, judged by what is known of every backend. */
import type { QueueKey } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import { type Impossible, impossible } from '../decide/impossible.ts';
import type { SchedulerLoop } from '../loop.ts';
import { loadOption } from '../snapshot/options.ts';
import { snapshotOf } from '../snapshot/snapshot-of.ts';

/** Null when it fits somewhere once all else is gone, or when a backend that has the model has not told its memory yet. */
export function tooLarge(
  queue: QueueKey,
  { state }: Pick<SchedulerLoop, 'state'>,
  resolver: ModelResolver,
  now: number,
): Impossible | null {
  let smallest: Impossible | null = null;
  let largestBytes = 0;
  for (const backend of snapshotOf(state, [], [], now).backends) {
    const option = loadOption(queue, backend.id, resolver);
    if (!option) continue;
    const isRead = state.backends.get(backend.id)?.gpus !== null;
    const found = isRead ? impossible(option, backend, now) : null;
    if (!found) return null;
    largestBytes = Math.max(largestBytes, found.largestBytes);
    if (!smallest || found.requiredBytes < smallest.requiredBytes) smallest = found;
  }
  return smallest && { ...smallest, largestBytes };
}
