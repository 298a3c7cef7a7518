/** Loads that hang for no reason. */
import { formatDuration } from '../../../domain/units.ts';
import { LEAST_STUCK_MS, STUCK_FACTOR } from '../constants.ts';
import type { Draft } from '../draft.ts';
import type { BackendSnapshot } from '../snapshot.ts';

/**
 * An Ollama whose loads hang for no reason is woken by any unload (its pending loop waits for an event that never comes): the least
 * recently used instance with nothing to do is given up for that, one at a time.
 */
export function wakeStuckLoads(draft: Draft, backend: BackendSnapshot): void {
  if (!backend.available) return;
  const leaving = backend.instances.some(
    (instance) => instance.status === 'DRAINING' || instance.status === 'UNLOADING',
  );
  for (const instance of backend.instances) {
    if (instance.status !== 'LOADING') continue;
    const patienceMs = Math.max(LEAST_STUCK_MS, STUCK_FACTOR * instance.expectedLoadMs);
    const stuckAt = instance.loadStartedAt + patienceMs;
    if (stuckAt > draft.now) {
      draft.wakeBy(stuckAt);
      continue;
    }
    if (leaving) return;
    const idle = draft.standing(backend).filter((other) => !other.pinned && draft.isIdle(other));
    const [victim] = idle.sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (!victim) return;
    const waited = formatDuration(draft.now - instance.loadStartedAt);
    draft.drain(
      victim,
      'STUCK_SERVER',
      `${instance.variant.modelName} has been loading for ${waited}; an unload wakes a stuck server.`,
      instance.variant.modelName,
    );
    return;
  }
}
