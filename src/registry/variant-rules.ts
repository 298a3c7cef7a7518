/** What a model is loaded as: its canonical runner options and slots. */
import type { BackendId } from '../domain/ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from '../domain/model.ts';
import { canonicalModelName } from '../domain/queue-key.ts';
import { contextLengthOf } from './context-length.ts';
import { batchSize } from './footprint/batch.ts';

/** What the configuration says of one model; null where the general rule holds. */
export interface ModelSettings {
  /** Tokens of one slot. */
  readonly contextLength: number | null;
  readonly parallel: number | null;
  readonly keepAliveMs: number | null;
}

export interface VariantDefaults {
  /** Tokens of one slot. */
  readonly contextLength: number;
  /** How long an idle instance stays; null, the default, for as long as nobody needs its memory. */
  readonly keepAliveMs?: number | null;
  /** Slots of a model on a backend: what the server gives to each. */
  readonly parallel: (backendId: BackendId) => number;
  /**
   * Whether every load names its batch, so that it does not depend on what is free; default: none does. On a server that others
   * use, too, it would make their plain requests reload the model.
   */
  readonly namesBatch?: (backendId: BackendId) => boolean;
}

/** Ollama runs these one request at a time, whatever OLLAMA_NUM_PARALLEL says; embedding models too. */
const ONE_SLOT_FAMILIES = /^(mllama|qwen3vl(moe)?|qwen35(moe)?|qwen3next|lfm2(moe)?|nemotron_h.*)$/;

/** Every layer on the GPU: a load that does not fit fails instead of running slowly on the CPU. */
const ALL_LAYERS = 999;

export class VariantRules {
  readonly #settings: ReadonlyMap<string, ModelSettings>;
  readonly #defaults: VariantDefaults;

  /** @param config by any spelling of the name. */
  constructor(config: Readonly<Record<string, ModelSettings>>, defaults: VariantDefaults) {
    this.#settings = new Map(
      Object.entries(config).map(([name, settings]) => [canonicalModelName(name), settings]),
    );
    this.#defaults = defaults;
  }

  /** @param requested tokens of one slot that a client asked for. */
  variant(info: ModelInfo, requested: number | null, backendId: BackendId): Variant {
    const contextLength = contextLengthOf({
      requested,
      configured: this.#settings.get(info.name)?.contextLength ?? null,
      modelfile: info.defaultContextLength,
      fallback: this.#defaults.contextLength,
      trained: info.contextLength,
    });
    const embedding = info.capabilities.includes('embedding') && !info.capabilities.includes('completion');
    const named = !embedding && (this.#defaults.namesBatch?.(backendId) ?? false);
    const tokens = contextLength * this.#slots(info, embedding, backendId);
    return {
      modelName: info.name,
      weights: info.weights,
      contextLength,
      options: {
        num_ctx: contextLength,
        num_gpu: ALL_LAYERS,
        ...(named && { num_batch: batchSize(tokens, contextLength, embedding) }),
      },
      embedding,
    };
  }

  /** A model's own setting can only use fewer of the slots that the server has. */
  config(info: ModelInfo, variant: Variant, backendId: BackendId): InstanceConfig {
    const slots = this.slots(info, variant, backendId);
    const wanted = this.#settings.get(info.name)?.parallel ?? slots;
    return { parallel: Math.min(wanted, slots), kvCacheType: 'f16', flashAttention: null };
  }

  /** Slots that the server takes memory for. */
  slots(info: ModelInfo, variant: Variant, backendId: BackendId): number {
    return this.#slots(info, variant.embedding, backendId);
  }

  keepAliveMs(info: ModelInfo): number | null {
    const settings = this.#settings.get(info.name);
    return settings ? settings.keepAliveMs : (this.#defaults.keepAliveMs ?? null);
  }

  #slots(info: ModelInfo, embedding: boolean, backendId: BackendId): number {
    const single = embedding || ONE_SLOT_FAMILIES.test(info.facts?.architecture ?? info.family ?? '');
    return single ? 1 : this.#defaults.parallel(backendId);
  }
}
