/** The first model of an empty server. */
import { least } from '../../../domain/long-lists.ts';
import { GATHERING_MS } from '../constants.ts';
import type { Draft } from '../draft.ts';
import type { BackendSnapshot } from '../snapshot.ts';
import { always, holdsUntil, type Timed } from '../timed.ts';
import { oldestAt } from '../waiting.ts';

/**
 * Whether the first model of an empty server that goes by frozen records had better not be chosen yet: until it leaves again it decides what
 * fits beside it.
 */
export function isGathering(draft: Draft, backend: BackendSnapshot): Timed<boolean> {
  if (backend.instances.length > 0) return always(false);
  const waiting = draft.snapshot.demand.filter(({ options }) =>
    options.some(({ backendId }) => backendId === backend.id),
  );
  const gatheredAt = least(waiting.map(({ backlog }) => oldestAt(backlog))) + GATHERING_MS;
  return Number.isFinite(gatheredAt) ? holdsUntil(gatheredAt, draft.now) : always(false);
}
