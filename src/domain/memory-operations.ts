/** What a person or a program may ask of the memory, beside submitting jobs. */
import type { BackendId, GpuId, Id } from './ids.ts';
import type { InstanceState } from './system.ts';

export type ReservationId = Id<'rsv'>;

/** GPU memory kept for a program outside vramkeeper. */
export interface Reservation {
  readonly id: ReservationId;
  readonly owner: string;
  /** Who asked for it. Absent: the configuration, or one of an older version. */
  readonly client?: string;
  /** Epoch milliseconds. Absent as `client` is. */
  readonly createdAt?: number;
  readonly gpuId: GpuId;
  readonly bytes: number;
  /** Epoch milliseconds; null until it is ended. */
  readonly expiresAt: number | null;
  /** False while instances are still being moved out of the way. */
  readonly ready: boolean;
  /** `CONFIGURED` ones come from the configuration and cannot be ended. */
  readonly kind: 'LEASE' | 'CONFIGURED';
}

export interface ReserveInput {
  readonly owner: string;
  /** Who asks. Absent: nobody that is known. */
  readonly client?: string;
  readonly bytes: number;
  /** Null: the GPU with the most room for it. */
  readonly gpuId: GpuId | null;
  /** Null keeps it until it is ended. */
  readonly leaseMs: number | null;
}

/** A model on a backend; null leaves the choice of the backend to the scheduler. */
export interface ModelTarget {
  readonly model: string;
  readonly backendId: BackendId | null;
}

export interface MemoryOperations {
  reservations(): readonly Reservation[];
  /**
   * Takes effect at once and outlives a restart; `ready` follows when room was made.
   * @throws InvalidInputError, InsufficientVramError when it is larger than the GPU can ever give
   */
  reserve(input: ReserveInput): Promise<Reservation>;
  /** False when there is no such lease. */
  endReservation(id: ReservationId): Promise<boolean>;
  /**
   * Loads, making room as a waiting job would; resolves when it is ready.
   * @throws ModelNotFoundError, InsufficientVramError, BackendUnavailableError
   */
  loadModel(target: ModelTarget & { readonly contextLength: number | null }): Promise<InstanceState>;
  /**
   * Has the idle model stay at least this long after its last job, until it has gone from memory for another reason: it is a victim like any
   * other where memory is needed. What is configured, or was asked for before, is never shortened.
   * @param keepAliveMs null: for ever
   * @returns whether it stays as long as asked and no longer; false where it stays longer anyway, or is not known
   */
  lengthenKeepAlive(model: string, keepAliveMs: number | null): boolean;
  /** Drains and unloads every instance of the model and ends its loads; resolves when they are gone. @throws ModelNotFoundError */
  unloadModel(target: ModelTarget): Promise<void>;
  /**
   * Loads it if needed and keeps it: no victim and no keep-alive until it is unpinned or the lease ends. Outlives a restart.
   * @throws ModelNotFoundError, InsufficientVramError, BackendUnavailableError
   */
  pinModel(target: ModelTarget & { readonly leaseMs: number | null }): Promise<InstanceState>;
  /** @throws ModelNotFoundError */
  unpinModel(target: ModelTarget): Promise<void>;
}
