/** Reservations and pins that must outlive a restart, in the store. When they end moves with the clock, if that is set forward between two lives. */
import type { Json } from '../../domain/json.ts';
import type { ReservationId } from '../../domain/memory-operations.ts';
import type { Store } from '../../domain/store.ts';
import type { Pin, ReservationRecord } from './wishes.ts';

const RESERVATIONS = 'reservations';
const PINS = 'pins';

export class RememberedWishes {
  readonly #store: Pick<Store, 'remember' | 'recall' | 'setForwardMs'>;

  constructor(store: Pick<Store, 'remember' | 'recall' | 'setForwardMs'>) {
    this.#store = store;
  }

  /** Those that have not ended. */
  async reservations(now: number): Promise<readonly ReservationRecord[]> {
    const known = await this.#recall<ReservationRecord>(RESERVATIONS);
    return known
      .map((one) => ({ ...one, expiresAt: this.#moved(one.expiresAt) }))
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  }

  /** Those that have not ended. */
  async pins(now: number): Promise<readonly Pin[]> {
    const known = await this.#recall<Pin>(PINS);
    return known
      .map((one) => ({ ...one, until: this.#moved(one.until) }))
      .filter(({ until }) => until === null || until > now);
  }

  keepReservation(one: ReservationRecord): Promise<void> {
    const record = { ...one, expiresAt: this.#unmoved(one.expiresAt) };
    return this.#store.remember(RESERVATIONS, one.id, record);
  }

  dropReservation(id: ReservationId): Promise<void> {
    return this.#store.remember(RESERVATIONS, id, null);
  }

  keepPin(pin: Pin): Promise<void> {
    return this.#store.remember(PINS, pinKey(pin), { ...pin, until: this.#unmoved(pin.until) });
  }

  dropPin(pin: Pin): Promise<void> {
    return this.#store.remember(PINS, pinKey(pin), null);
  }

  async #recall<T>(space: string): Promise<readonly T[]> {
    const known = await this.#store.recall(space);
    return [...known.values()].filter((value: Json) => value !== null) as unknown as readonly T[];
  }

  #moved(instant: number | null): number | null {
    return instant === null ? null : instant + this.#store.setForwardMs;
  }

  #unmoved(instant: number | null): number | null {
    return instant === null ? null : instant - this.#store.setForwardMs;
  }
}

function pinKey(pin: Pin): string {
  return `${pin.modelName} ${pin.backendId ?? '*'}`;
}
