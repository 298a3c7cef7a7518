/** Which reservations count on a card at this moment, and how much of what is in use there is their owners' use. */
import { type ForeignProcess, isProgram } from '../../domain/gpu.ts';
import type { GpuId } from '../../domain/ids.ts';
import type { GpuRecord, SchedulerState } from '../state.ts';
import type { ReservationRecord } from '../wishes/wishes.ts';

export interface CountedReservation extends ReservationRecord {
  /** The programs that it is for; null where it is for whoever comes. */
  readonly programs: readonly ForeignProcess[] | null;
}

/** @param own processes that hold models of ours, which no reservation is for */
export function reservationsOn(
  { wishes }: SchedulerState,
  { id, reading }: GpuRecord,
  own: ReadonlySet<number>,
): readonly CountedReservation[] {
  return [...wishes.reservations.values()].flatMap((reservation): readonly CountedReservation[] => {
    const { gpuId, whileProcess } = reservation;
    if (gpuId !== id) return [];
    if (whileProcess === null) return [{ ...reservation, programs: null }];
    const programs = reading.processes.filter(
      (process) => !own.has(process.pid) && isProgram(process, whileProcess),
    );
    return programs.length > 0 ? [{ ...reservation, programs }] : [];
  });
}

/**
 * What of the unexplained memory is reserved already, and so must not be counted twice: of known programs what they have, of others what has come
 * since each was made; of each up to the size of its reservation.
 */
export function ownersUse({ foreignBytes }: GpuRecord, reservations: readonly CountedReservation[]): number {
  const named = reservations.filter(({ programs }) => programs !== null);
  const others = reservations.filter(({ programs }) => programs === null);
  const attributed = named.reduce((sum, { bytes, programs }) => {
    const used = (programs ?? []).reduce((total, program) => total + program.bytes, 0);
    return sum + Math.min(bytes, used);
  }, 0);
  const rest = Math.max(0, foreignBytes - attributed);
  // The newest first: what came after it came after all the others, too, and what was there before it is none of its owner's.
  const arrived = others
    .toSorted((a, b) => b.foreignBefore - a.foreignBefore)
    .reduce(
      (sum, { bytes, foreignBefore }) => sum + Math.min(bytes, Math.max(0, rest - foreignBefore - sum)),
      0,
    );
  return Math.min(foreignBytes, attributed + arrived);
}

/** What the configuration keeps of a card for others whatever runs there. */
export function alwaysReserved({ wishes }: Pick<SchedulerState, 'wishes'>, gpuId: GpuId): number {
  return [...wishes.reservations.values()]
    .filter((one) => one.gpuId === gpuId && one.kind === 'CONFIGURED' && one.whileProcess === null)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
