/** The manners of both kinds of servers. */
import type { BackendSnapshot } from '../snapshot.ts';
import { always } from '../timed.ts';
import { isGathering } from './gathering.ts';
import { earlyLeavers, spoilers, wouldKeepOut } from './make-way.ts';
import type { Manners } from './manners.ts';
import { weightBySize } from './size-first.ts';
import { wakeStuckLoads } from './stuck-loads.ts';
import { isBusyUnloading } from './unload-turn.ts';

/** An Ollama that others run, whose engines keep frozen records of the memory. */
const ATTACHED: Manners = {
  weight: weightBySize,
  isGathering,
  isBusyUnloading,
  wouldKeepOut,
  leavesEarly: true,
  earlyLeavers,
  company: spoilers,
  wakeStuckLoads,
};

/** A process of our own for each instance. */
const MANAGED: Manners = {
  // What each second of loading is for.
  weight: (weight, { loadMs }) => (1_000 * weight) / Math.max(1, loadMs),
  isGathering: () => always(false),
  isBusyUnloading: () => always(false),
  wouldKeepOut: () => false,
  leavesEarly: false,
  earlyLeavers: () => [],
  company: () => [],
  wakeStuckLoads: () => {},
};

export function mannersOf({ admitsByItself }: Pick<BackendSnapshot, 'admitsByItself'>): Manners {
  return admitsByItself ? ATTACHED : MANAGED;
}
