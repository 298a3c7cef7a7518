/** What has to go on whatever waits: finished drains, open swaps, idle instances, overdrawn cards. */
import { bytesOn } from '../../domain/instance.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { FOREIGN_PATIENCE_MS } from './constants.ts';
import type { Draft } from './draft.ts';
import { fitWithout } from './fit.ts';
import { mannersOf } from './manners/manners-of.ts';
import { isLeftToServer } from './manners/nameless.ts';
import type { BackendSnapshot, InstanceSnapshot, Swap } from './snapshot.ts';

/** Drained instances are unloaded, broken ones cleared away; swaps whose victims are gone become loads. */
export function advance(draft: Draft, backend: BackendSnapshot): void {
  if (!backend.available) return;
  for (const instance of backend.instances) {
    if (instance.activeJobs > 0) continue;
    if (instance.status === 'DRAINING' && !draft.note(mannersOf(backend).isBusyUnloading(draft, backend)))
      draft.unload(backend, instance, 'Its last job is done.');
    if (instance.status === 'FAILED')
      draft.unload(backend, instance, 'It failed and is cleared away.', 'FAILED');
  }
  const open: Swap[] = [];
  for (const [place, swap] of backend.swaps.entries()) {
    const waits = backend.instances.some(
      (instance) => swap.victims.includes(instance.id) && !isLeftToServer(instance),
    );
    const later = backend.swaps.slice(place + 1);
    if (waits || draft.snapshot.paused || !carryOut(draft, backend, swap, { earlier: open, later }))
      open.push(swap);
  }
  if (backend.swaps.length > 0) draft.setSwaps(backend, open);
}

/**
 * The victims are gone: load, unless nobody wants it any more or something else took the room. False when it has to wait still.
 * @param others plans that stay open: it keeps out of the room of all of them where it can, and out of that of earlier ones always
 */
function carryOut(
  draft: Draft,
  backend: BackendSnapshot,
  swap: Swap,
  others: { readonly earlier: readonly Swap[]; readonly later: readonly Swap[] },
): boolean {
  const { weights, modelName } = swap.target.variant;
  const options = [
    ...draft.snapshot.demand.flatMap((demand) => demand.options),
    ...draft.snapshot.wishes.map((wish) => wish.option),
  ];
  const wanted = options.some(
    (option) => option.backendId === backend.id && option.variant.weights === weights,
  );
  const beside = (swaps: readonly Swap[]) => fitWithout(swap.target, draft.withPlanned(backend, swaps), []);
  const { earlier, later } = others;
  const placement = wanted ? (beside([...earlier, ...later]) ?? beside(earlier)) : null;
  if (!placement) {
    draft.reason(
      'WAIT',
      backend,
      modelName,
      wanted ? 'The room that was made for it is gone again.' : 'Nobody waits for it any more.',
    );
    return true;
  }
  if (draft.freeChannels(backend, earlier.length) <= 0) return false;
  draft.load(
    backend,
    { option: swap.target, placement },
    `Room was made in ${formatDuration(draft.now - swap.openedAt)}.`,
  );
  return true;
}

/** Idle instances go after their keep-alive. */
export function expireIdle(draft: Draft, backend: BackendSnapshot): void {
  if (!backend.available) return;
  for (const instance of draft.standing(backend)) {
    if (instance.pinned || instance.keepAliveMs === null || !draft.isIdle(instance)) continue;
    const expiresAt = instance.lastUsedAt + instance.keepAliveMs;
    if (expiresAt > draft.now) draft.wakeBy(expiresAt);
    else
      draft.drain(
        instance,
        'KEEP_ALIVE',
        `Idle for ${formatDuration(draft.now - instance.lastUsedAt)}, its keep-alive.`,
      );
  }
}

/** What was told to go by this plan and has no job goes with it: nothing else may happen for long that would bring another turn. */
export function unloadIdle(draft: Draft, backend: BackendSnapshot): void {
  for (const instance of backend.instances) {
    if (!draft.draining.has(instance.id) || instance.activeJobs > 0) continue;
    if (draft.claims.some((claim) => claim.instanceId === instance.id)) continue;
    if (draft.note(mannersOf(backend).isBusyUnloading(draft, backend))) continue;
    draft.unload(backend, instance, 'It has no job.');
  }
}

/**
 * Instances make room on a card that is overdrawn: for a reservation at once, those with work too; for other programs' memory only
 * idle ones, and only after a while.
 */
export function relieve(draft: Draft, backend: BackendSnapshot): void {
  if (!backend.available) return;
  for (const gpu of backend.gpus) {
    if (gpu.deficitBytes <= 0 || gpu.deficitSince === null) continue;
    const forReservation = gpu.reservedBytes > 0;
    if (!forReservation && draft.now - gpu.deficitSince < FOREIGN_PATIENCE_MS) {
      draft.wakeBy(gpu.deficitSince + FOREIGN_PATIENCE_MS);
      continue;
    }
    const on = ({ footprint }: InstanceSnapshot) => bytesOn(gpu.id, footprint);
    const leaving = backend.instances.filter(
      (instance) => instance.status !== 'READY' || draft.draining.has(instance.id),
    );
    let missing =
      gpu.deficitBytes -
      leaving.filter((one) => one.status !== 'LOADING').reduce((sum, one) => sum + on(one), 0);
    const candidates = draft
      .standing(backend)
      .filter(
        (instance) => on(instance) > 0 && !instance.pinned && (forReservation || draft.isIdle(instance)),
      )
      .sort((a, b) => draft.waitingWeight(a) - draft.waitingWeight(b) || a.lastUsedAt - b.lastUsedAt);
    for (const instance of candidates) {
      if (missing <= 0) break;
      const why = forReservation ? 'for a reservation' : 'for programs outside';
      const cause = forReservation ? 'RESERVATION' : 'FOREIGN_MEMORY';
      draft.drain(
        instance,
        cause,
        `Makes room ${why}: ${formatBytes(gpu.deficitBytes)} too much is claimed.`,
      );
      missing -= on(instance);
    }
  }
}
