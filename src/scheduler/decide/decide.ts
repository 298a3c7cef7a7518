/**
 * The policy of today. In this order:
 * 1. what drains is unloaded when its last job is done, and what an open swap made room for is loaded;
 * 2. instances serve their own queues;
 * 3. overdrawn cards are relieved, stuck loads woken, idle instances past their keep-alive let go;
 * 4. the model with the most weighted waiting is loaded next: into free memory if it fits, else in the place of residents with
 *    an empty queue. A resident with work gives way only to an overdue job, after it has served for some load times, and in a share of
 *    the time (forced-share.ts).
 * "Keep the server from fighting back" holds throughout: drain, unload, confirm, load; one load per channel; a load only where
 * the server itself will believe that it fits; jobs only to instances that are ready.
 */
import { append } from '../../domain/long-lists.ts';
import { cannotLeaveYet } from './cannot-leave-yet.ts';
import { Draft } from './draft.ts';
import { fillInstances } from './fill.ts';
import { advance, expireIdle, relieve, unloadIdle } from './keep-up.ts';
import { mannersOf } from './manners/manners-of.ts';
import { openSwaps } from './next-models.ts';
import type { Plan } from './plan.ts';
import type { Policy } from './policy.ts';
import type { Snapshot } from './snapshot.ts';
import { verdictsOf } from './verdicts.ts';

export const USUAL_POLICY: Policy = { decide };

function decide(snapshot: Snapshot, now: number): Plan {
  const draft = new Draft(snapshot, now);
  for (const backend of snapshot.backends) {
    advance(draft, backend);
    if (backend.alwaysResident) continue;
    relieve(draft, backend);
    mannersOf(backend).wakeStuckLoads(draft, backend);
  }
  if (!snapshot.paused) {
    const staying = new Set(snapshot.backends.flatMap((backend) => cannotLeaveYet(draft, backend)));
    const leaving = { drained: draft.draining, cannotLeaveYet: staying };
    append(
      draft.claims,
      fillInstances(snapshot, (instance) => draft.servable(instance), leaving, now),
    );
    openSwaps(draft);
  }
  for (const backend of snapshot.backends) {
    if (!backend.alwaysResident) expireIdle(draft, backend);
    unloadIdle(draft, backend);
  }
  return draft.plan(verdictsOf(draft));
}
