/**
 * Lets the old weights of a model go while its pull brings new ones. A pull takes their name away at its end, and what has no name
 * can be unloaded by none: it would stay in the server's memory. From the first byte of the new ones on nobody loads the old ones.
 */
import type { BackendId } from '../domain/ids.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { PullProgress } from '../domain/model-operations.ts';
import { MiB } from '../domain/units.ts';
import type { WithheldModels } from './withheld-models.ts';

/** Smaller layers are templates, licences and parameters, which share a runner with the old ones. */
const LEAST_WEIGHTS_BYTES = 16 * MiB;

export interface ReplacedWeightsDependencies {
  /** Every model that the backend was last known to have. */
  readonly installed: (backendId: BackendId) => readonly ModelInfo[];
  readonly withheld: WithheldModels;
  /** Resolves when nothing of the model is in memory there. */
  readonly unload: (info: ModelInfo) => Promise<void>;
}

/** Of one pull. To be disposed of when everyone knows what the backend has after it. */
export class ReplacedWeights implements Disposable {
  readonly #deps: ReplacedWeightsDependencies;
  readonly #backendId: BackendId;
  readonly #modelName: string;
  #hold: Disposable | null = null;

  constructor(deps: ReplacedWeightsDependencies, backendId: BackendId, canonicalName: string) {
    this.#deps = deps;
    this.#backendId = backendId;
    this.#modelName = canonicalName;
  }

  /** Resolves when the old weights are gone, or at once where they may stay. */
  async see({ layer }: PullProgress): Promise<void> {
    if (this.#hold || !layer || layer.completedBytes >= layer.totalBytes) return;
    if (layer.totalBytes < LEAST_WEIGHTS_BYTES) return;
    const models = this.#deps.installed(this.#backendId);
    const info = models.find(({ name }) => name === this.#modelName);
    if (!info || info.weights.includes(layer.digest.replace(/^sha256:/, ''))) return;
    // By another name they can still be unloaded later, and be asked for.
    if (models.some((other) => other !== info && other.weights === info.weights)) return;
    this.#hold = this.#deps.withheld.hold(this.#backendId, info.name);
    await this.#deps.unload(info);
  }

  [Symbol.dispose](): void {
    this.#hold?.[Symbol.dispose]();
  }
}
