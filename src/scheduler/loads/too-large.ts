/** Whether a queue's model could ever be loaded, judged by what is known of every backend. */
import type { QueueKey } from '../../domain/queue-key.ts';
import type { ModelResolver } from '../../domain/resolver.ts';
import { type Impossible, impossibleEverywhere } from '../decide/impossible.ts';
import { type LoadOption, serves } from '../decide/snapshot.ts';
import type { SchedulerLoop } from '../loop.ts';
import { loadOption } from '../snapshot/options.ts';
import { snapshotOf } from '../snapshot/snapshot-of.ts';
import type { SchedulerState } from '../state.ts';

/** Null when it fits somewhere once all else is gone, or when a backend that has the model has not told its memory yet. */
export function tooLarge(
  queue: QueueKey,
  { state }: Pick<SchedulerLoop, 'state'>,
  resolver: ModelResolver,
  now: number,
): Impossible | null {
  const options = [...state.backends.keys()]
    .map((id) => loadOption(queue, id, resolver))
    .filter((option) => option !== null);
  // Nearly always: what is in memory fits, and nothing has to be worked out.
  if (options.some((option) => isReady(option, state))) return null;
  const { backends } = snapshotOf(state, [], [], now);
  return impossibleEverywhere(options, backends, now);
}

function isReady(option: LoadOption, { instances }: Pick<SchedulerState, 'instances'>): boolean {
  return instances.values().some((instance) => instance.status === 'READY' && serves(instance, option));
}
