/** What outsiders have asked of the memory, as part of the loop's state: leases, pins and wishes. */
import type { BackendId, GpuId } from '../domain/ids.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { ReservationId } from '../domain/steering.ts';

export interface ReservationRecord {
  readonly id: ReservationId;
  readonly owner: string;
  readonly gpuId: GpuId;
  readonly bytes: number;
  readonly expiresAt: number | null;
  readonly kind: 'LEASE' | 'CONFIGURED';
  /** Counts only while a program that this names uses the card, by `isProgram`; null for always. */
  readonly whileProcess: string | null;
  /** Room has been made for it. */
  readonly ready: boolean;
  /**
   * Bytes of strangers on the card when it was made. What comes on top, up to its size, is taken for its owner's own use:
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

export interface WishRecord {
  readonly queue: QueueKey;
  readonly backendId: BackendId | null;
  readonly why: string;
  readonly mayEvict: boolean;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** Stays after it was fulfilled, and holds again when the model has gone. */
  readonly lasting: boolean;
}

export interface Steering {
  readonly reservations: ReadonlyMap<ReservationId, ReservationRecord>;
  readonly pins: readonly Pin[];
  readonly wishes: readonly WishRecord[];
  /** What is wanted and on no backend, as it was said: `modelName why`. */
  readonly missing: ReadonlySet<string>;
}

export const NO_STEERING: Steering = { reservations: new Map(), pins: [], wishes: [], missing: new Set() };

export type SteeringChange =
  | { readonly kind: 'reserve'; readonly reservation: ReservationRecord }
  | { readonly kind: 'release'; readonly id: ReservationId }
  | { readonly kind: 'pin'; readonly pin: Pin }
  | { readonly kind: 'unpin'; readonly modelName: string; readonly backendId: BackendId | null }
  | { readonly kind: 'wish'; readonly wish: WishRecord }
  | { readonly kind: 'forget-wish'; readonly queue: QueueKey; readonly backendId: BackendId | null };

export function steer(before: Steering, change: SteeringChange): Steering {
  switch (change.kind) {
    case 'reserve':
      return {
        ...before,
        reservations: new Map(before.reservations).set(change.reservation.id, change.reservation),
      };
    case 'release': {
      const reservations = new Map(before.reservations);
      reservations.delete(change.id);
      return { ...before, reservations };
    }
    case 'pin':
      return { ...before, pins: [...before.pins.filter((pin) => !isSame(pin, change.pin)), change.pin] };
    case 'unpin': {
      const { modelName, backendId } = change;
      const stays = (pin: Pin) =>
        pin.modelName !== modelName || (backendId !== null && pin.backendId !== backendId);
      return { ...before, pins: before.pins.filter(stays) };
    }
    case 'wish':
      return {
        ...before,
        wishes: [...before.wishes.filter((wish) => !isSameWish(wish, change.wish)), change.wish],
      };
    case 'forget-wish':
      return { ...before, wishes: before.wishes.filter((wish) => wish.lasting || !isSameWish(wish, change)) };
    default:
      return change satisfies never;
  }
}

function isSame(a: Pin, b: Pin): boolean {
  return a.modelName === b.modelName && a.backendId === b.backendId;
}

function isSameWish(
  a: Pick<WishRecord, 'queue' | 'backendId'>,
  b: Pick<WishRecord, 'queue' | 'backendId'>,
): boolean {
  return a.queue === b.queue && a.backendId === b.backendId;
}
