import { totalmem } from 'node:os';
import type { Clock } from '../clock.ts';
import { type BackendId, stableId } from '../domain/ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from '../domain/model.ts';
import { canonicalModelName, parseQueueKey, type QueueKey } from '../domain/queue-key.ts';
import type { ModelResolver, ResolvedModel } from '../domain/resolver.ts';
import type { Store } from '../domain/store.ts';
import type { ModelState } from '../domain/system.ts';
import { type EstimateSource, estimateFootprint, type FootprintEstimate } from './estimate.ts';
import { DRIVER_CONTEXT_BYTES, predictFootprint } from './footprint/predict.ts';
import { LearnedFootprints } from './learned/learned-footprints.ts';
import { expectedLoadMs } from './learned/load-time.ts';
import type { LoadMeasurement, Misfit } from './learned/observation.ts';
import { PageCaches } from './learned/page-caches.ts';
import { decidingBatch, predictedByOllama } from './server-belief.ts';
import { sharedVariants } from './shared-variants.ts';
import { suggestNames } from './suggest.ts';
import { type ModelSettings, type VariantDefaults, VariantRules } from './variant-rules.ts';

export type { LoadMeasurement, Misfit } from './learned/observation.ts';
export type { ModelSettings } from './variant-rules.ts';

export interface RegistryOptions {
  /** By any spelling of the name. */
  readonly config: Readonly<Record<string, ModelSettings>>;
  readonly defaults: VariantDefaults & {
    /** RAM of a backend's host; default: this machine's. Decides how long a model file stays in its page cache. */
    readonly ramBytes?: (backendId: BackendId) => number;
  };
  readonly store: Pick<Store, 'remember' | 'recall'>;
  readonly clock: Clock;
}

/** What a model would take, and how that is known. */
export interface VramEstimate {
  readonly bytes: number;
  readonly measured: boolean;
  readonly source: EstimateSource;
  /** The part of `bytes` that is caution. */
  readonly marginBytes: number;
}

/** Which models there are, and what each would take. It is told what others saw and measured, and asks nobody. */
export interface Registry extends ModelResolver {
  /** Whether any backend has told its models: until then nobody can say that a model does not exist. */
  readonly known: boolean;
  /** Recalls what earlier runs learned. */
  start(): Promise<void>;
  /** Takes over what a backend has now; what it no longer lists is gone from it. */
  observe(backendId: BackendId, models: readonly ModelInfo[], serverVersion?: string | null): void;
  /** By name. */
  models(): readonly ModelState[];
  /** By any spelling of its name. */
  model(name: string): ModelState | null;
  /** Names close to one that is not there, closest first. */
  suggest(name: string): readonly string[];
  vramEstimate(model: ModelState, contextLength: number | null): VramEstimate | null;
  /** Resolves when it is stored; it counts at once. A load that spilled is remembered as a misfit, and its size not learned. */
  learnFootprint(
    variant: Variant,
    config: InstanceConfig,
    serverVersion: string | null,
    backendId: BackendId,
    measured: LoadMeasurement,
  ): Promise<void>;
  /**
   * What the driver was seen to take for an instance of it, beside what the server says: from then on this counts on the backend in the
   * place of what is usual. Resolves when it is stored; it counts at once.
   */
  learnDriverShare(
    variant: Variant,
    config: InstanceConfig,
    backendId: BackendId,
    driverBytes: number,
  ): Promise<void>;
  /** When this variant last went only in part onto the backend's GPUs; null when it never did, or has fitted since. */
  doesNotFit(variant: Variant, backendId: BackendId): Misfit | null;
  /**
   * For each of the queues the variant to load for it, where jobs that want different contexts of one model share the largest
   * that fits; null where the backend lacks the model.
   */
  resolveShared(
    queues: readonly QueueKey[],
    backendId: BackendId,
    fits: (model: ResolvedModel) => boolean,
  ): readonly (ResolvedModel | null)[];
}

export function createRegistry(options: RegistryOptions): Registry {
  return new ModelRegistry(options);
}

interface Inventory {
  readonly models: ReadonlyMap<string, ModelInfo>;
  readonly serverVersion: string | null;
}

class ModelRegistry implements Registry {
  readonly #rules: VariantRules;
  readonly #learned: LearnedFootprints;
  readonly #pageCaches: PageCaches;
  readonly #clock: Clock;
  readonly #inventories = new Map<BackendId, Inventory>();
  #version = 0;

  constructor(options: RegistryOptions) {
    const { config, defaults, store, clock } = options;
    this.#rules = new VariantRules(config, defaults);
    this.#learned = new LearnedFootprints(store, clock);
    this.#pageCaches = new PageCaches(defaults.ramBytes ?? (() => totalmem()));
    this.#clock = clock;
  }

  /** Grows also when a file has cooled in the meantime, because its load will take longer. */
  get version(): number {
    if (this.#pageCaches.hasCooled(this.#clock.now())) this.#version += 1;
    return this.#version;
  }

  get known(): boolean {
    return this.#inventories.size > 0;
  }

  async start(): Promise<void> {
    await this.#learned.load();
    for (const [backendId, entry] of this.#learned.all())
      this.#pageCaches.read(backendId, entry.weights, entry.diskBytes, entry.readAt);
    this.#version += 1;
  }

  observe(backendId: BackendId, models: readonly ModelInfo[], serverVersion: string | null = null): void {
    const before = this.#inventories.get(backendId);
    const inventory = { models: new Map(models.map((model) => [model.name, model])), serverVersion };
    this.#inventories.set(backendId, inventory);
    if (!before || !sameInventory(before, inventory)) this.#version += 1;
  }

  models(): readonly ModelState[] {
    const names = new Set(
      [...this.#inventories.values()].flatMap((inventory) => [...inventory.models.keys()]),
    );
    return [...names].sort().flatMap((name) => this.model(name) ?? []);
  }

  model(name: string): ModelState | null {
    const canonical = canonicalModelName(name);
    const having = [...this.#inventories].filter(([, inventory]) => inventory.models.has(canonical));
    const info = having[0]?.[1].models.get(canonical);
    if (!info) return null;
    return { id: stableId('mdl', canonical), info, backendIds: having.map(([backendId]) => backendId) };
  }

  suggest(name: string): readonly string[] {
    return suggestNames(
      name,
      [...this.#inventories.values()].flatMap((inventory) => [...inventory.models.keys()]),
    );
  }

  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null {
    const wanted = parseQueueKey(queue);
    const inventory = this.#inventories.get(backendId);
    const info = inventory?.models.get(wanted.model);
    if (!inventory || !info) return null;
    const variant = this.#rules.variant(info, wanted.contextLength, backendId);
    const config = this.#rules.config(info, variant, backendId);
    const { bytes, measured } = this.#estimate(info, variant, config, backendId, inventory.serverVersion);
    return {
      info,
      variant,
      config,
      footprintBytes: bytes,
      measured,
      predictedByServerBytes: predictedByOllama(
        info,
        variant.contextLength,
        this.#rules.slots(info, variant, backendId),
        decidingBatch(variant.options.num_batch),
      ),
      loadMs: expectedLoadMs({
        diskBytes: info.diskBytes,
        warm: this.#pageCaches.isWarm(backendId, info.weights, this.#clock.now()),
        own: this.#learned.get(backendId, variant, config),
        others: this.#learned.of(backendId),
      }),
      keepAliveMs: this.#rules.keepAliveMs(info),
    };
  }

  resolveShared(
    queues: readonly QueueKey[],
    backendId: BackendId,
    fits: (model: ResolvedModel) => boolean,
  ): readonly (ResolvedModel | null)[] {
    const resolved = queues.map((queue) => this.resolve(queue, backendId));
    const found = resolved.filter((model) => model !== null);
    const shared = sharedVariants(found, fits).values();
    return resolved.map((model) => (model ? (shared.next().value ?? model) : null));
  }

  vramEstimate(model: ModelState, contextLength: number | null): VramEstimate | null {
    const backendId = model.backendIds[0];
    const inventory = backendId && this.#inventories.get(backendId);
    const info = inventory?.models.get(model.info.name);
    if (!backendId || !inventory || !info) return null;
    const variant = this.#rules.variant(info, contextLength, backendId);
    const config = this.#rules.config(info, variant, backendId);
    return this.#estimate(info, variant, config, backendId, inventory.serverVersion);
  }

  async learnFootprint(
    variant: Variant,
    config: InstanceConfig,
    serverVersion: string | null,
    backendId: BackendId,
    measured: LoadMeasurement,
  ): Promise<void> {
    const now = this.#clock.now();
    const info = this.#inventories.get(backendId)?.models.get(variant.modelName);
    const diskBytes = info?.diskBytes ?? measured.sizeBytes;
    const stored = this.#learned.learn({
      backendId,
      variant,
      config,
      diskBytes,
      slots: info ? this.#rules.slots(info, variant, backendId) : config.parallel,
      serverVersion,
      measured,
      warm: this.#pageCaches.isWarm(backendId, variant.weights, now),
    });
    this.#pageCaches.read(backendId, variant.weights, diskBytes, now);
    this.#version += 1;
    await stored;
  }

  async learnDriverShare(
    variant: Variant,
    config: InstanceConfig,
    backendId: BackendId,
    driverBytes: number,
  ): Promise<void> {
    const stored = this.#learned.learnDriverBytes(backendId, variant, config, driverBytes);
    this.#version += 1;
    await stored;
  }

  doesNotFit(variant: Variant, backendId: BackendId): Misfit | null {
    return this.#learned.misfit(backendId, variant);
  }

  #estimate(
    info: ModelInfo,
    variant: Variant,
    config: InstanceConfig,
    backendId: BackendId,
    serverVersion: string | null,
  ): FootprintEstimate {
    const driverBytes = this.#learned.driverBytes(backendId) ?? DRIVER_CONTEXT_BYTES;
    return estimateFootprint({
      contextLength: variant.contextLength,
      slots: this.#rules.slots(info, variant, backendId),
      serverVersion,
      driverBytes,
      exact: this.#learned.get(backendId, variant, config),
      siblings: this.#learned.siblings(backendId, variant.weights, config),
      predictAt: (contextLength, slots) =>
        predictFootprint({
          model: info,
          contextLength,
          config: { ...config, parallel: slots },
          embedding: variant.embedding,
          serverVersion,
          driverBytes,
          ...(variant.options.num_batch !== undefined && { batch: variant.options.num_batch }),
        }),
    });
  }
}

function sameInventory(a: Inventory, b: Inventory): boolean {
  if (a.serverVersion !== b.serverVersion || a.models.size !== b.models.size) return false;
  return [...a.models].every(([name, model]) => {
    const other = b.models.get(name);
    return other?.digest === model.digest && other.weights === model.weights && !other.facts === !model.facts;
  });
}
