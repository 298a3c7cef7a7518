/**
 * What is loaded of a model while its name goes, or comes to mean other weights: it could then be unloaded by no name, so it goes first, and nobody
 * loads it again until everyone knows what the backend has.
 */
import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { BackendId } from '../domain/ids.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { Logger } from '../telemetry/logger.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { WithheldModels } from './withheld-models.ts';

export interface LibraryMemoryDependencies {
  /** Reads what the backend has; resolves when everyone who has to knows. */
  readonly modelsChanged: (backendId: BackendId) => Promise<void>;
  /** Whether anything of these weights is in memory there, or on its way. */
  readonly inMemory: (weights: string, backendId: BackendId) => boolean;
  /** Drains and unloads every instance of the model there, and ends what loads it; resolves when they are gone. */
  readonly unload: (modelName: string, backendId: BackendId) => Promise<void>;
  readonly withheld: WithheldModels;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/** For what is in memory to go. */
const LOOK_AGAIN_MS = 250;

export class LibraryMemory {
  readonly #deps: LibraryMemoryDependencies;
  readonly #stopped: AbortSignal;

  constructor(deps: LibraryMemoryDependencies, stopped: AbortSignal) {
    this.#deps = deps;
    this.#stopped = stopped;
  }

  /** Does `work`, which takes the name from these weights, and resolves when it is known what the backend has then. */
  async whileNameGoes(
    info: ModelInfo,
    backendId: BackendId,
    models: readonly ModelInfo[],
    work: () => Promise<void>,
  ): Promise<void> {
    // By another name they can still be unloaded later, and be asked for.
    const shared = models.some((model) => model.weights === info.weights && model.name !== info.name);
    using _held = this.#deps.withheld.hold(backendId, info.name);
    if (!shared) await this.unload(info, backendId);
    await this.whileChanging(backendId, work);
  }

  /** Does `work` on a library; resolves when it is known what the backend has then, also after a failure: part may be done. */
  async whileChanging(backendId: BackendId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      await this.refresh(backendId, this.#stopped);
    }
  }

  /** Resolves when nothing of it is in memory there. */
  async unload(info: ModelInfo, backendId: BackendId): Promise<void> {
    const { clock, inMemory, unload } = this.#deps;
    while (inMemory(info.weights, backendId)) {
      await unlessAborted(unload(info.name, backendId), this.#stopped);
      // What was on its way out already may take longer than the call.
      if (inMemory(info.weights, backendId)) await sleep(clock, LOOK_AGAIN_MS, this.#stopped);
    }
  }

  /** A reading that fails now comes with the next poll. */
  async refresh(backendId: BackendId, signal: AbortSignal): Promise<void> {
    try {
      await unlessAborted(this.#deps.modelsChanged(backendId), signal);
    } catch (error) {
      if (!signal.aborted) this.#deps.logger.warn(`The models could not be read: ${messageOf(error)}`);
    }
  }
}
