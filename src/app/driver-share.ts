/**
 * What the driver takes for an engine beside what the engine says it holds: seen where a probe tells the memory of each process, and the
 * backend which processes are whose.
 */
import type { LoadedSize } from '../domain/backend.ts';
import type { BackendId, InstanceId } from '../domain/ids.ts';
import type { InstanceConfig, Variant } from '../domain/model.ts';
import type { BackendObservation } from '../domain/observation.ts';

interface Watched {
  readonly backendId: BackendId;
  readonly variant: Variant;
  readonly config: InstanceConfig;
  readonly vramBytes: number;
  readonly pids: ReadonlySet<number>;
  /** Epoch milliseconds: an older reading may not have all of it. */
  readonly loadedAt: number;
  /** The most that was seen so far; engines take some of it only at their first work. */
  mostBytes: number | null;
}

/** Differences below this are rounding. */
const NOTABLE_BYTES = 2 ** 20;

export class DriverShare {
  readonly #learn: (seen: Pick<Watched, 'backendId' | 'variant' | 'config'>, driverBytes: number) => void;
  readonly #watched = new Map<InstanceId, Watched>();

  constructor(learn: (seen: Pick<Watched, 'backendId' | 'variant' | 'config'>, driverBytes: number) => void) {
    this.#learn = learn;
  }

  loaded(
    id: InstanceId,
    { backendId, variant, config }: Pick<Watched, 'backendId' | 'variant' | 'config'>,
    { vramBytes, pids = [] }: LoadedSize,
    loadedAt: number,
  ): void {
    if (pids.length === 0 || vramBytes === 0) return;
    const watched = {
      backendId,
      variant,
      config,
      vramBytes,
      pids: new Set(pids),
      loadedAt,
      mostBytes: null,
    };
    this.#watched.set(id, watched);
  }

  /** @param isThere whether an instance is in memory still. */
  observed({ backendId, gpus }: BackendObservation, isThere: (id: InstanceId) => boolean): void {
    for (const [id, watched] of this.#watched) {
      if (!isThere(id)) this.#watched.delete(id);
      else if (watched.backendId === backendId && gpus) this.#compare(watched, gpus);
    }
  }

  #compare(watched: Watched, gpus: NonNullable<BackendObservation['gpus']>): void {
    const held = gpus
      .filter((gpu) => gpu.sampledAt > watched.loadedAt)
      .flatMap((gpu) => gpu.processes.filter(({ pid }) => watched.pids.has(pid)));
    const driverBytes = held.reduce((sum, { bytes }) => sum + bytes, 0) - watched.vramBytes;
    // A process that is not listed, or with less than its model, is in another count of processes than ours, as in a container.
    if (driverBytes < -NOTABLE_BYTES) return;
    if (watched.mostBytes !== null && driverBytes < watched.mostBytes + NOTABLE_BYTES) return;
    watched.mostBytes = driverBytes;
    this.#learn(watched, Math.max(0, driverBytes));
  }
}
