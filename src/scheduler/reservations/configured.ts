/** Reservations of the configuration: they hold from the first reading of their card on, before anything is decided by it. */
import { stableId } from '../../domain/ids.ts';
import { type BackendRecord, type SchedulerState, withEntry } from '../state.ts';

export function placeConfigured(
  before: SchedulerState,
  { settings, gpus }: Pick<BackendRecord, 'settings' | 'gpus'>,
): SchedulerState {
  let { reservations } = before.wishes;
  for (const { owner, bytes, gpu: index, whileProcess } of settings.reservations ?? []) {
    for (const { id: gpuId, reading } of gpus ?? []) {
      const id = stableId('rsv', owner, gpuId);
      if ((index !== null && index !== reading.index) || reservations.has(id)) continue;
      // There is no "before": what is in use already may well be what it is for.
      const fixed = { expiresAt: null, kind: 'CONFIGURED', ready: false, foreignBefore: 0 } as const;
      reservations = withEntry(reservations, id, { id, owner, gpuId, bytes, whileProcess, ...fixed });
    }
  }
  if (reservations === before.wishes.reservations) return before;
  return { ...before, wishes: { ...before.wishes, reservations } };
}
