/** From when on an instance that is there serves what waits. */

import { type LoadOption, serves } from '../decide/snapshot.ts';
import type { InstanceRecord } from '../state.ts';

/** Epoch milliseconds, in the past where it is ready; null where there is none. */
export function servedFrom(
  instances: Iterable<InstanceRecord>,
  options: readonly LoadOption[],
): number | null {
  let first: number | null = null;
  for (const instance of instances) {
    const { status, loadStartedAt, expectedLoadMs, suspectSince } = instance;
    if (suspectSince !== null || !options.some((option) => serves(instance, option))) continue;
    if (status !== 'READY' && status !== 'LOADING') continue;
    const from = status === 'READY' ? loadStartedAt : loadStartedAt + expectedLoadMs;
    first = Math.min(first ?? from, from);
  }
  return first;
}
