/** What a model is loaded as: its canonical runner options and slots. */
import type { BackendId } from '../domain/ids.ts';
import { greatest, least } from '../domain/long-lists.ts';
import {
  type InstanceConfig,
  type ModelInfo,
  onlyEmbeds,
  type RunnerOptions,
  type Variant,
} from '../domain/model.ts';
import type { QueueSpec } from '../domain/queue-key.ts';
import { type ContextRange, contextLengthOf } from './context/context-length.ts';
import { batchSize } from './footprint/batch.ts';
import type { ServerShape } from './learned/server-shape.ts';
import type { NameRules } from './model-directory.ts';
import { NamedSettings } from './named-settings.ts';
import { pinnedOptions } from './pinned-options.ts';

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
  /** Nobody named the slots: an instance may get fewer where its cards are too small for all. */
  readonly mayReduceParallel: boolean;
  readonly kvCacheType: InstanceConfig['kvCacheType'];
  /** Somebody has said of a server that others run what type its cache has. Absent: nobody, so that its loads may show another. */
  readonly kvCacheNamed?: boolean;
  readonly flashAttention: InstanceConfig['flashAttention'];
}

/** What a client asked for of a model's instance. */
export type Wanted = Omit<QueueSpec, 'model'>;

/** One way to load a model. */
export interface Shape {
  readonly variant: Variant;
  readonly config: InstanceConfig;
  /** Slots that memory is taken for. */
  readonly slots: number;
}

export interface VariantDefaults {
  /** How long an idle instance stays; null, the default, for as long as nobody needs its memory. */
  readonly keepAliveMs?: number | null;
  readonly rules: (backendId: BackendId) => BackendRules;
}

/** Ollama runs these one request at a time, whatever OLLAMA_NUM_PARALLEL says; embedding models too. */
const ONE_SLOT_FAMILIES = /^(mllama|qwen3vl(moe)?|qwen35(moe)?|qwen3next|lfm2(moe)?|nemotron_h.*)$/;

/** Of llama.cpp, whatever the context. */
const COMMON_BATCH = 512;

/** Every layer on the GPU: a load that does not fit fails instead of running slowly on the CPU. */
const ALL_LAYERS = 999;

export class VariantRules {
  readonly #settings: NamedSettings<ModelSettings>;
  readonly #defaults: VariantDefaults;

  /** @param config by any spelling of the name. */
  constructor(
    config: Readonly<Record<string, ModelSettings>>,
    defaults: VariantDefaults,
    nameRules: NameRules,
  ) {
    this.#settings = new NamedSettings(config, nameRules);
    this.#defaults = defaults;
  }

  /**
   * The ways to load it, the one with the most slots first. There are several where nobody has named their number, so that a card too
   * small for all of them still gets some.
   * @param wanted what a client asked for, of one slot
   * @param names every model of that backend with the same weights.
   */
  shapes(
    info: ModelInfo,
    wanted: Wanted,
    backendId: BackendId,
    names: readonly ModelInfo[],
  ): readonly Shape[] {
    const rules = this.#defaults.rules(backendId);
    const contextLength = this.#contextLength(info, wanted.contextLength, backendId);
    const embedding = onlyEmbeds(info);
    const named = !embedding && rules.ownProcess;
    const { kvCacheType, flashAttention } = rules;
    const pinned = pinnedOptions(info, names);
    return this.#slotChoices(info, backendId).map((slots) => ({
      slots,
      variant: {
        modelName: info.name,
        weights: info.weights,
        contextLength,
        options: {
          num_ctx: contextLength,
          num_gpu: ALL_LAYERS,
          ...(named && {
            num_batch: info.launch
              ? COMMON_BATCH
              : batchSize(contextLength * slots, contextLength, embedding),
          }),
          ...pinned,
          ...(info.launch ? {} : shiftOption(info, wanted)),
        },
        embedding,
      },
      // On a shared server a model's own setting can only use fewer of the slots that the server has.
      config: {
        parallel: Math.min(this.#ownSlots(info, backendId) ?? slots, slots),
        kvCacheType,
        flashAttention,
      },
    }));
  }

  /** @param places every backend that has the model, with what it told of it. Null for none. */
  contextRange(
    places: readonly { readonly backendId: BackendId; readonly info: ModelInfo }[],
  ): ContextRange | null {
    if (places.length === 0) return null;
    return {
      usual: least(places.map(({ info, backendId }) => this.#contextLength(info, null, backendId))),
      isFixed: places.some(
        ({ info, backendId }) =>
          (this.#settings.of(info, backendId)?.contextLength ?? null) !== null ||
          // Nobody tells what the server was started with, so it alone can refuse a prompt.
          (info.launch?.contextIsFixed === true && info.contextLength === null),
      ),
      most: mostOf(places.map(({ info, backendId }) => this.#mostContext(info, backendId))),
    };
  }

  /** Slots that memory was taken for by an instance of this set-up. */
  slotsOf(info: ModelInfo, config: InstanceConfig, backendId: BackendId): number {
    const rules = this.#defaults.rules(backendId);
    if (rules.ownProcess) return config.parallel;
    return this.#slotChoices(info, backendId)[0] ?? config.parallel;
  }

  keepAliveMs(info: ModelInfo, backendId: BackendId): number | null {
    const settings = this.#settings.of(info, backendId);
    if (settings) return settings.keepAliveMs;
    const own = info.launch?.keepAliveMs;
    return own === undefined ? (this.#defaults.keepAliveMs ?? null) : own;
  }

  partialOffload(info: ModelInfo, backendId: BackendId): boolean {
    return this.#settings.of(info, backendId)?.partialOffload ?? false;
  }

  /** What memory is taken for on a server that others run, as far as anybody has said; null in processes of our own. */
  serverShape(backendId: BackendId): (ServerShape & { readonly kvCacheNamed: boolean }) | null {
    const { ownProcess, parallel, kvCacheType, kvCacheNamed = false } = this.#defaults.rules(backendId);
    return ownProcess ? null : { slots: parallel, kvCacheType, kvCacheNamed };
  }

  /** Whether the server runs one request of it at a time, whatever it is set to. */
  hasOneSlot(info: ModelInfo): boolean {
    if (info.launch?.slots) return false;
    return onlyEmbeds(info) || ONE_SLOT_FAMILIES.test(info.facts?.architecture ?? info.family ?? '');
  }

  /** @param requested null where nobody asks */
  #contextLength(info: ModelInfo, requested: number | null, backendId: BackendId): number {
    const { contextLength } = this.#defaults.rules(backendId);
    if (info.launch?.contextIsFixed) return info.contextLength ?? contextLength;
    return contextLengthOf({
      requested,
      configured: this.#settings.of(info, backendId)?.contextLength ?? null,
      modelfile: info.defaultContextLength,
      fallback: contextLength,
      trained: info.contextLength,
    });
  }

  /** Null where nobody tells. */
  #mostContext(info: ModelInfo, backendId: BackendId): number | null {
    return info.launch?.contextIsFixed ? this.#contextLength(info, null, backendId) : info.contextLength;
  }

  #slotChoices(info: ModelInfo, backendId: BackendId): readonly number[] {
    if (this.hasOneSlot(info)) return [1];
    const { parallel, ownProcess, mayReduceParallel } = this.#defaults.rules(backendId);
    if (!ownProcess) return [parallel];
    const own = this.#ownSlots(info, backendId);
    if (own !== null) return [own];
    const { slots } = info.launch ?? {};
    if (slots) return slots.mayReduce ? halvings(slots.most) : [slots.most];
    return mayReduceParallel ? halvings(parallel) : [parallel];
  }

  #ownSlots(info: ModelInfo, backendId: BackendId): number | null {
    return this.#settings.of(info, backendId)?.parallel ?? null;
  }
}

/** Null where one of them is not known. */
function mostOf(contexts: readonly (number | null)[]): number | null {
  const known = contexts.filter((each) => each !== null);
  return known.length < contexts.length ? null : greatest(known);
}

/** Ollama loads these without it, because their engine cannot move their context on. */
const NEVER_SHIFTED = 'deepseek2';

/**
 * What Ollama does by itself needs no variant of its own, and is not named: it cannot be told of what others loaded. A model that only
 * embeds has no answer that could outgrow its context.
 */
function shiftOption(info: ModelInfo, { shift }: Wanted): RunnerOptions {
  const byItself = (info.facts?.architecture ?? info.family) !== NEVER_SHIFTED;
  return shift === undefined || shift === byItself || onlyEmbeds(info) ? {} : { shift };
}

/** 4, 2, 1. */
function halvings(most: number): readonly number[] {
  const choices: number[] = [];
  for (let slots = most; slots >= 1; slots = Math.floor(slots / 2)) choices.push(slots);
  return choices;
}
