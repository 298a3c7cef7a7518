/**
 * What we have loaded on servers that others run, over a restart of ours: such a server goes on holding it, and does not tell who loaded it.
 * An entry ends with the first reading that does not show its model any more.
 */
import type { Clock } from '../clock.ts';
import type { Resident } from '../domain/backend.ts';
import { messageOf } from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { Variant } from '../domain/model.ts';
import type { Store } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

const SPACE = 'own-loads';

interface OwnLoad {
  readonly backendId: BackendId;
  readonly weights: string;
  readonly contextLength: number;
  /** Epoch milliseconds. */
  readonly loadedAt: number;
}

export interface OwnLoadsOptions {
  readonly store: Pick<Store, 'remember' | 'recall'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

export class OwnLoads {
  readonly #options: OwnLoadsOptions;
  readonly #known = new Map<string, OwnLoad>();

  constructor(options: OwnLoadsOptions) {
    this.#options = options;
  }

  /** Reads what an earlier run of the server had loaded. */
  async start(): Promise<void> {
    for (const [key, value] of await this.#options.store.recall(SPACE)) {
      const load = parsed(value);
      if (load) this.#known.set(key, load);
    }
  }

  loaded(backendId: BackendId, { weights, contextLength }: Variant): void {
    const load = { backendId, weights, contextLength, loadedAt: this.#options.clock.now() };
    this.#keep(keyOf(load), load);
  }

  /**
   * The residents of a reading that began at `startedAt`, those marked that we loaded.
   * @param weightsOf what of is loaded; null where that cannot be told yet
   */
  marked(
    backendId: BackendId,
    residents: readonly Resident[],
    startedAt: number,
    weightsOf: (resident: Resident) => string | null,
  ): readonly Resident[] {
    const seen = residents.map((resident) => ({ resident, weights: weightsOf(resident) }));
    for (const [key, load] of this.#known) {
      if (load.backendId !== backendId || load.loadedAt >= startedAt) continue;
      const mayBeThere = seen.some((one) => one.weights === null || holds(one, load));
      if (!mayBeThere) this.#keep(key, null);
    }
    const own = [...this.#known.values()].filter((load) => load.backendId === backendId);
    return seen.map((one) =>
      own.some((load) => holds(one, load)) ? { ...one.resident, ours: true } : one.resident,
    );
  }

  #keep(key: string, load: OwnLoad | null): void {
    if (load) this.#known.set(key, load);
    else this.#known.delete(key);
    this.#options.store.remember(SPACE, key, load && { ...load }).catch((error: unknown) => {
      this.#options.logger.warn(`What was loaded could not be noted: ${messageOf(error)}`);
    });
  }
}

function keyOf({ backendId, weights }: Pick<OwnLoad, 'backendId' | 'weights'>): string {
  return `${backendId} ${weights}`;
}

function holds(
  { resident, weights }: { readonly resident: Resident; readonly weights: string | null },
  load: OwnLoad,
): boolean {
  const { contextLength } = resident;
  return weights === load.weights && (contextLength === null || contextLength === load.contextLength);
}

/** Null for what an older or newer version kept. */
function parsed(value: unknown): OwnLoad | null {
  if (value === null || typeof value !== 'object') return null;
  const { backendId, weights, contextLength, loadedAt } = value as Partial<Record<keyof OwnLoad, unknown>>;
  const isWhole =
    typeof backendId === 'string' &&
    typeof weights === 'string' &&
    typeof contextLength === 'number' &&
    typeof loadedAt === 'number';
  return isWhole ? { backendId: backendId as BackendId, weights, contextLength, loadedAt } : null;
}
