/** Whether a queue's model could ever be loaded, judged by what is known of every backend. */
import type { QueueKey } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import { type Impossible, impossibleEverywhere } from '../decide/impossible.ts';
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
  const { backends } = snapshotOf(state, [], [], now);
  const options = backends
    .map(({ id }) => loadOption(queue, id, resolver))
    .filter((option) => option !== null);
  return impossibleEverywhere(options, backends, now);
}
