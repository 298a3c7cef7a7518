/** What outsiders have asked of the memory, as part of the loop's state: leases, pins and wishes. */
import type { BackendId, GpuId } from '../../domain/ids.ts';
import type { ReservationId } from '../../domain/memory-operations.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import { type KeepAlives, withKeepAlive } from './keep-alives.ts';

export interface ReservationRecord {
  readonly id: ReservationId;
  readonly owner: string;
  /** See `Reservation`, as the next. */
  readonly client?: string;
  readonly createdAt?: number;
  readonly gpuId: GpuId;
  readonly bytes: number;
  readonly expiresAt: number | null;
  readonly kind: 'LEASE' | 'CONFIGURED';
  /** Counts only while a program that this names uses the card, by `isProgram`; null for always. */
  readonly whileProcess: string | null;
  /** Room has been made for it. */
  readonly ready: boolean;
  /**
   * Bytes of other programs on the card when it was made. What comes on top, up to its size, is taken for its owner's own use:
   * counted as reserved, not as foreign as well.
   */
  readonly foreignBefore: number;
}

export interface Pin {
  /** Canonical. */
  readonly modelName: string;
  /** Null: on any backend. */
  readonly backendId: BackendId | null;
  /** Epoch milliseconds; null until it is unpinned. */
  readonly until: number | null;
  /** Epoch milliseconds. */
  readonly askedAt: number;
}

export interface LoadWish {
  readonly queue: QueueKey;
  readonly backendId: BackendId | null;
  readonly why: string;
  readonly mayEvict: boolean;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** Stays after it was fulfilled, and holds again when the model has gone. */
  readonly lasting: boolean;
}

export interface Wishes {
  readonly reservations: ReadonlyMap<ReservationId, ReservationRecord>;
  readonly pins: readonly Pin[];
  readonly loads: readonly LoadWish[];
  readonly keepAlives: KeepAlives;
  /** What is wanted and on no backend, as it was said: `modelName why`. */
  readonly missing: ReadonlySet<string>;
}

export const NO_WISHES: Wishes = {
  reservations: new Map(),
  pins: [],
  loads: [],
  keepAlives: new Map(),
  missing: new Set(),
};

export type WishChange =
  | { readonly kind: 'reserve'; readonly reservation: ReservationRecord }
  | { readonly kind: 'end-reservation'; readonly id: ReservationId }
  | { readonly kind: 'pin'; readonly pin: Pin }
  | { readonly kind: 'unpin'; readonly modelName: string; readonly backendId: BackendId | null }
  | { readonly kind: 'load'; readonly load: LoadWish }
  | { readonly kind: 'keep-alive'; readonly weights: string; readonly keepAliveMs: number | null }
  | { readonly kind: 'forget-load'; readonly queue: QueueKey; readonly backendId: BackendId | null };

export function withWish(before: Wishes, change: WishChange): Wishes {
  switch (change.kind) {
    case 'reserve':
      return {
        ...before,
        reservations: new Map(before.reservations).set(change.reservation.id, change.reservation),
      };
    case 'end-reservation': {
      const reservations = new Map(before.reservations);
      reservations.delete(change.id);
      return { ...before, reservations };
    }
    case 'pin':
      return { ...before, pins: [...before.pins.filter((pin) => !isSamePin(pin, change.pin)), change.pin] };
    case 'unpin': {
      const { modelName, backendId } = change;
      const stays = (pin: Pin) =>
        pin.modelName !== modelName || (backendId !== null && pin.backendId !== backendId);
      return { ...before, pins: before.pins.filter(stays) };
    }
    case 'load':
      return {
        ...before,
        loads: [...before.loads.filter((one) => !isSameLoad(one, change.load)), change.load],
      };
    case 'keep-alive':
      return {
        ...before,
        keepAlives: withKeepAlive(before.keepAlives, change.weights, change.keepAliveMs),
      };
    case 'forget-load':
      return { ...before, loads: before.loads.filter((one) => one.lasting || !isSameLoad(one, change)) };
    default:
      return change satisfies never;
  }
}

function isSamePin(a: Pin, b: Pin): boolean {
  return a.modelName === b.modelName && a.backendId === b.backendId;
}

function isSameLoad(
  a: Pick<LoadWish, 'queue' | 'backendId'>,
  b: Pick<LoadWish, 'queue' | 'backendId'>,
): boolean {
  return a.queue === b.queue && a.backendId === b.backendId;
}
