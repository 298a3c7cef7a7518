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
  /** Whether it may be partly on the CPU where no GPU could ever hold it whole. Absent: it may not. */
  readonly partialOffload?: boolean;
}

/** What holds for every model on one backend. */
export interface BackendRules {
  /** Tokens of one slot, where neither client nor model says. */
  readonly contextLength: number;
  /** Slots of a model: what the server gives to each, or an instance's own default. */
  readonly parallel: number;
  /**
   * Whether each instance has a server process of its own. Its slots can then be its own, and its loads name their batch, so that it
   * does not depend on what is free; on a server that others use, too, that would make their plain requests reload the model.
   */
  readonly ownProcess: boolean;
  readonly kvCacheType: InstanceConfig['kvCacheType'];
  readonly flashAttention: InstanceConfig['flashAttention'];
}

export interface VariantDefaults {
  /** How long an idle instance stays; null, the default, for as long as nobody needs its memory. */
  readonly keepAliveMs?: number | null;
  readonly rules: (backendId: BackendId) => BackendRules;
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
    const rules = this.#defaults.rules(backendId);
    const contextLength = contextLengthOf({
      requested,
      configured: this.#settings.get(info.name)?.contextLength ?? null,
      modelfile: info.defaultContextLength,
      fallback: rules.contextLength,
      trained: info.contextLength,
    });
    const embedding = info.capabilities.includes('embedding') && !info.capabilities.includes('completion');
    const named = !embedding && rules.ownProcess;
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

  /** On a shared server a model's own setting can only use fewer of the slots that the server has. */
  config(info: ModelInfo, variant: Variant, backendId: BackendId): InstanceConfig {
    const { kvCacheType, flashAttention } = this.#defaults.rules(backendId);
    const slots = this.slots(info, variant, backendId);
    const wanted = this.#settings.get(info.name)?.parallel ?? slots;
    return { parallel: Math.min(wanted, slots), kvCacheType, flashAttention };
  }

  /** Slots that the server takes memory for. */
  slots(info: ModelInfo, variant: Variant, backendId: BackendId): number {
    return this.#slots(info, variant.embedding, backendId);
  }

  keepAliveMs(info: ModelInfo): number | null {
    const settings = this.#settings.get(info.name);
    return settings ? settings.keepAliveMs : (this.#defaults.keepAliveMs ?? null);
  }

  partialOffload(info: ModelInfo): boolean {
    return this.#settings.get(info.name)?.partialOffload ?? false;
  }

  #slots(info: ModelInfo, embedding: boolean, backendId: BackendId): number {
    if (embedding || ONE_SLOT_FAMILIES.test(info.facts?.architecture ?? info.family ?? '')) return 1;
    const { parallel, ownProcess } = this.#defaults.rules(backendId);
    return ownProcess ? (this.#settings.get(info.name)?.parallel ?? parallel) : parallel;
  }
}
