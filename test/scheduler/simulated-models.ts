/** The models of a simulated world, and what the registry would tell of them. */
import type { ModelInfo } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey } from '../../src/domain/queue-key.ts';
import type { Misfit, ModelResolver, ResolvedModel } from '../../src/domain/resolver.ts';

export interface WorldModel {
  readonly name: string;
  readonly bytes: number;
  readonly loadMs: number;
  readonly runMs: number;
  readonly parallel?: number;
  /** Caution on top of what it takes, as of one that was never loaded. */
  readonly marginBytes?: number;
  /** Loaded in part where it is larger than the card. */
  readonly partialOffload?: boolean;
}

const CONTEXT_LENGTH = 4096;

export class SimulatedModels implements ModelResolver {
  /** Models that their server has no more. */
  readonly deleted = new Set<string>();
  readonly #models: readonly WorldModel[];
  readonly #isListed: boolean;
  readonly #keepAliveMs: number | null;
  /** What names mean since a pull, where that is not their first weights. */
  readonly #pulled = new Map<string, string>();
  readonly #misfits = new Map<string, Misfit>();

  constructor(models: readonly WorldModel[], isListed: boolean, keepAliveMs: number | null) {
    this.#models = models;
    this.#isListed = isListed;
    this.#keepAliveMs = keepAliveMs;
  }

  get version(): number {
    const letters = [...this.#pulled.values()].reduce((sum, weights) => sum + weights.length, 1);
    return [...this.#misfits.values()].reduce((sum, { times }) => sum + times, letters + this.deleted.size);
  }

  /** @throws Error when there is no such model */
  model(name: string): WorldModel {
    const model = this.#models.find((each) => each.name === name);
    if (!model) throw new Error(`${name} is not a model.`);
    return model;
  }

  /** A pull outside gives the name other weights. */
  pull(name: string): void {
    this.#pulled.set(name, `${this.weightsOf(name)}+`);
  }

  /** What the name means now. */
  weightsOf(name: string): string {
    return this.#pulled.get(name) ?? name;
  }

  learnMisfit(name: string, misfit: Omit<Misfit, 'times'>): void {
    const times = (this.#misfits.get(name)?.times ?? 0) + 1;
    this.#misfits.set(name, { ...misfit, times });
  }

  hasListed(): boolean {
    return this.#isListed;
  }

  isNamed(weights: string): boolean {
    return this.#models.some(({ name }) => !this.deleted.has(name) && this.weightsOf(name) === weights);
  }

  resolve(queue: QueueKey): ResolvedModel | null {
    const spec = parseQueueKey(queue);
    const model = this.#models.find((each) => each.name === spec.model);
    if (!model || this.deleted.has(model.name)) return null;
    const contextLength = spec.contextLength ?? CONTEXT_LENGTH;
    const weights = this.weightsOf(model.name);
    const info: ModelInfo = {
      name: model.name,
      digest: weights,
      weights,
      diskBytes: model.bytes,
      family: null,
      parameterSize: null,
      quantization: null,
      contextLength: null,
      defaultContextLength: null,
      capabilities: ['completion'],
      facts: null,
    };
    return {
      info,
      variant: {
        modelName: model.name,
        weights,
        contextLength,
        options: { num_ctx: contextLength, num_gpu: 999 },
        embedding: false,
      },
      config: { parallel: model.parallel ?? 4, kvCacheType: 'f16', flashAttention: null },
      footprintBytes: model.bytes + (model.marginBytes ?? 0),
      marginBytes: model.marginBytes ?? 0,
      predictedByServerBytes: model.bytes,
      measured: true,
      loadMs: model.loadMs,
      keepAliveMs: this.#keepAliveMs,
      partialOffload: model.partialOffload ?? false,
      misfit: this.#misfits.get(model.name) ?? null,
    };
  }
}
