/** The models of a simulated cluster, and what the registry would tell of them on each backend. */
import { type CardOverhead, NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import type { BackendId } from '../../src/domain/ids.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { parseQueueKey, type QueueKey } from '../../src/domain/queue-key.ts';
import type { ModelResolver, ResolvedModel } from '../../src/domain/resolver.ts';

export interface ClusterModel {
  readonly name: string;
  /** At the usual context. */
  readonly bytes: number;
  /** What of them is on every card. Default nothing. */
  readonly overhead?: CardOverhead;
  /** For each token of a longer context. Default 0. */
  readonly bytesPerToken?: number;
  readonly loadMs: number;
  readonly runMs: number;
  readonly parallel?: number;
  /** Names of the backends that have it; default all. */
  readonly on?: readonly string[];
}

export const USUAL_CONTEXT = 4_096;

export class ClusterModels implements ModelResolver {
  version = 1;
  readonly #models: ReadonlyMap<string, ClusterModel>;
  readonly #nameOf: (id: BackendId) => string | undefined;

  constructor(models: readonly ClusterModel[], nameOf: (id: BackendId) => string | undefined) {
    this.#models = new Map(models.map((model) => [model.name, model]));
    this.#nameOf = nameOf;
  }

  hasListed(): boolean {
    return true;
  }

  isNamed(): boolean {
    return true;
  }

  /** @throws Error when there is no such model */
  model(name: string): ClusterModel {
    const model = this.#models.get(name);
    if (!model) throw new Error(`${name} is not a model.`);
    return model;
  }

  /** Bytes over so many cards. */
  bytesOn(model: ClusterModel, contextLength: number, cards: number): number {
    const more = (model.bytesPerToken ?? 0) * Math.max(0, contextLength - USUAL_CONTEXT);
    const { aloneBytes, splitBytes } = model.overhead ?? NO_OVERHEAD;
    return model.bytes + more + (cards > 1 ? cards * splitBytes - aloneBytes : 0);
  }

  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null {
    const spec = parseQueueKey(queue);
    const model = this.#models.get(spec.model);
    if (!model || model.on?.includes(this.#nameOf(backendId) ?? '') === false) return null;
    const contextLength = spec.contextLength ?? USUAL_CONTEXT;
    const bytes = this.bytesOn(model, contextLength, 1);
    const shift = spec.shift === false ? { shift: false } : {};
    const options = { num_ctx: contextLength, num_gpu: 999, ...shift };
    return {
      info: infoOf(model),
      variant: { modelName: model.name, weights: model.name, contextLength, options, embedding: false },
      config: { parallel: model.parallel ?? 1, kvCacheType: 'f16', flashAttention: null },
      footprintBytes: bytes,
      overhead: model.overhead ?? NO_OVERHEAD,
      predictedByServerBytes: bytes,
      measured: true,
      loadMs: model.loadMs,
      keepAliveMs: null,
    };
  }
}

function infoOf({ name, bytes }: ClusterModel): ModelInfo {
  return {
    name,
    digest: name,
    weights: name,
    diskBytes: bytes,
    family: null,
    parameterSize: null,
    quantization: null,
    contextLength: null,
    defaultContextLength: null,
    capabilities: ['completion'],
    facts: null,
  };
}
