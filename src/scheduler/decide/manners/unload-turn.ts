/**
 * One unload at a time. An Ollama that goes by frozen records (belief.ts) handles no other unload while it waits for the memory of the
 * last one, in most cases in vain and for seconds. Who is to leave after
 * it cannot go before, so it is told to go only then, and goes on serving until its turn has come (cannot-leave-yet.ts).
 */
import { greatest } from '../../../domain/long-lists.ts';
import { UNLOAD_STALL_MS } from '../constants.ts';
import type { Draft } from '../draft.ts';
import type { BackendSnapshot } from '../snapshot.ts';
import { always, holdsUntil, type Timed } from '../timed.ts';

/** Whether the server could not handle a further unload now, to all appearance. One that takes longer waits for something else. */
export function isBusyUnloading(draft: Draft, backend: BackendSnapshot): Timed<boolean> {
  if (backend.instances.some((instance) => draft.isToldToGo(instance))) return always(true);
  const until = backend.instances.map(({ status, unloadStartedAt, unloadedAt }) =>
    status === 'UNLOADING' && unloadedAt === null ? (unloadStartedAt ?? 0) + UNLOAD_STALL_MS : 0,
  );
  return holdsUntil(greatest(until), draft.now);
}
