/** The registry: which models there are, what each is loaded as, and what that takes. */
import { totalmem } from 'node:os';
import type { Clock } from '../clock.ts';
import { type BackendId, stableId } from '../domain/ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from '../domain/model.ts';
import { parseQueueKey, type QueueKey, type QueueSpec, queueKey } from '../domain/queue-key.ts';
import type { MoreSlots, ResolvedModel, SlotChoice } from '../domain/resolver.ts';
import type { ModelState } from '../domain/system.ts';
import { ByVersion } from './by-version.ts';
import type { ContextRange } from './context/context-length.ts';
import { estimateFootprint, type FootprintEstimate } from './estimate.ts';
import { DRIVER_CONTEXT_BYTES, type PredictedFootprint, predictFootprint } from './footprint/predict.ts';
import { type Inventory, inventoryOf, sameInventory } from './inventory.ts';
import { LearnedFootprints } from './learned/learned-footprints.ts';
import { expectedLoadMs } from './learned/load-time.ts';
import type { LoadMeasurement, Probed } from './learned/observation.ts';
import { PageCaches } from './learned/page-caches.ts';
import type { ServerShape } from './learned/server-shape.ts';
import { ModelDirectory } from './model-directory.ts';
import type { Registry, RegistryOptions } from './registry-seam.ts';
import { firstFitting, type GpuRoom, UNKNOWN_ROOM, within } from './room.ts';
import { decidingBatch, predictedByOllama } from './server-belief.ts';
import { ServerShapes } from './server-shapes.ts';
import { type Shape, VariantRules, type Wanted } from './variant-rules.ts';

export type { LoadMeasurement } from './learned/observation.ts';
export type { Registry, RegistryOptions } from './registry-seam.ts';
export type { BackendRules, ModelSettings } from './variant-rules.ts';

export function createRegistry(options: RegistryOptions): Registry {
  return new ModelRegistry(options);
}

/** What people set OLLAMA_NUM_PARALLEL to. */
const USUAL_SLOTS = [2, 4, 8] as const;

interface Shaped {
  readonly shape: Shape;
  readonly estimate: FootprintEstimate;
}

function isWantedOf(wanted: QueueSpec, backendId: BackendId): boolean {
  return wanted.backendId === undefined || wanted.backendId === backendId;
}

class ModelRegistry implements Registry {
  readonly names: ModelDirectory;
  readonly #rules: VariantRules;
  readonly #learned: LearnedFootprints;
  readonly #pageCaches: PageCaches;
  readonly #clock: Clock;
  readonly #inventories = new Map<BackendId, Inventory>();
  readonly #rooms = new Map<BackendId, GpuRoom>();
  readonly #serverShapes: ServerShapes;
  /** Each job is resolved several times, and so are the instances in each turn. */
  readonly #resolved = new ByVersion<ResolvedModel>();
  readonly #states = new ByVersion<ModelState>();
  #version = 0;

  constructor(options: RegistryOptions) {
    const { config, defaults, nameRules, store, clock } = options;
    this.names = new ModelDirectory(nameRules, this.#inventories);
    this.#rules = new VariantRules(config, defaults, nameRules);
    this.#learned = new LearnedFootprints(store, clock);
    this.#serverShapes = new ServerShapes(this.#rules, this.#learned);
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
    const inventory = inventoryOf(models, serverVersion);
    this.#inventories.set(backendId, inventory);
    if (!before || !sameInventory(before, inventory)) this.#version += 1;
  }

  observeRoom(backendId: BackendId, room: GpuRoom): void {
    const known = this.#rooms.get(backendId);
    const isKnown =
      known?.largestBytes === room.largestBytes &&
      known.totalBytes === room.totalBytes &&
      known.cards === room.cards;
    if (isKnown) return;
    this.#rooms.set(backendId, room);
    this.#version += 1;
  }

  models(): readonly ModelState[] {
    const names = new Set(
      [...this.#inventories.values()].flatMap((inventory) => [...inventory.models.keys()]),
    );
    return [...names].sort().flatMap((name) => this.model(name) ?? []);
  }

  hasListed(backendId: BackendId): boolean {
    const inventory = this.#inventories.get(backendId);
    return inventory !== undefined && ![...inventory.models.values()].some(({ pending }) => pending);
  }

  isNamed(weights: string, backendId: BackendId): boolean {
    return this.#namesOf(weights, backendId).length > 0;
  }

  isAwaited(queue: QueueKey, backendId: BackendId): boolean {
    const wanted = parseQueueKey(queue);
    return isWantedOf(wanted, backendId) && (this.modelOn(backendId, wanted.model)?.pending ?? false);
  }

  installed(backendId: BackendId): readonly ModelInfo[] {
    return [...(this.#inventories.get(backendId)?.models.values() ?? [])];
  }

  model(name: string): ModelState | null {
    return this.#states.of(this.version, name, () => this.#state(name));
  }

  #state(name: string): ModelState | null {
    const meant = this.names.resolve(name);
    const having = [...this.#inventories.keys()].flatMap((backendId) => {
      const info = this.modelOn(backendId, meant);
      return info ? [{ backendId, info }] : [];
    });
    const info = having[0]?.info;
    if (!info) return null;
    return { id: stableId('mdl', info.name), info, backendIds: having.map(({ backendId }) => backendId) };
  }

  modelOn(backendId: BackendId, name: string): ModelInfo | null {
    return this.#inventories.get(backendId)?.models.get(this.names.on(name, backendId)) ?? null;
  }

  contextRange(name: string): ContextRange | null {
    const meant = this.names.resolve(name);
    const told = [...this.#inventories.keys()].flatMap((backendId) => {
      const info = this.modelOn(backendId, meant);
      return info && !info.pending ? [{ backendId, info }] : [];
    });
    return this.#rules.contextRange(told);
  }

  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null {
    return this.#resolved.of(this.version, `${backendId} ${queue}`, () => this.#resolve(queue, backendId));
  }

  #resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null {
    const wanted = parseQueueKey(queue);
    if (!isWantedOf(wanted, backendId)) return null;
    const inventory = this.#inventories.get(backendId);
    const info = this.modelOn(backendId, wanted.model);
    if (!inventory || !info || info.pending) return null;
    const [chosen, ...fewer] = this.#shapes(info, wanted, backendId, inventory.serverVersion);
    const { variant, config } = chosen.shape;
    return {
      info,
      ...this.#slotChoice(info, chosen, backendId),
      fewerSlots: fewer.map((shaped) => this.#slotChoice(info, shaped, backendId)),
      driverBytes: this.#driverBytes(backendId),
      withMoreSlots: this.#withMoreSlots(info, chosen.shape, backendId),
      loadMs: expectedLoadMs({
        diskBytes: info.diskBytes,
        warm: this.#pageCaches.isWarm(backendId, info.weights, this.#clock.now()),
        own: this.#learned.get(backendId, variant, config),
        others: this.#learned.of(backendId),
      }),
      keepAliveMs: this.#rules.keepAliveMs(info, backendId),
      partialOffload: this.#rules.partialOffload(info, backendId),
      ...(info.launch?.gpus && { gpus: info.launch.gpus }),
      misfit: this.#learned.get(backendId, variant, config)?.misfit ?? null,
    };
  }

  /** Of one instance with its usual settings, where any load of it was measured; else null. */
  expectedLoadMs({ info, backendIds }: ModelState): number | null {
    const queue = queueKey({ model: info.name, contextLength: null });
    for (const backendId of backendIds) {
      const resolved = this.resolve(queue, backendId);
      const own = resolved && this.#learned.get(backendId, resolved.variant, resolved.config);
      if (own && (own.warmLoadMs ?? own.coldLoadMs) !== null) return Math.round(resolved.loadMs);
    }
    return null;
  }

  vramEstimate(model: ModelState, contextLength: number | null): FootprintEstimate | null {
    const backendId = model.backendIds[0];
    const inventory = backendId && this.#inventories.get(backendId);
    const info = backendId && this.modelOn(backendId, model.info.name);
    if (!backendId || !inventory || !info || info.pending) return null;
    return this.#shapes(info, { contextLength }, backendId, inventory.serverVersion)[0].estimate;
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
      slots: info ? this.#rules.slotsOf(info, config, backendId) : config.parallel,
      serverVersion,
      measured,
      warm: this.#pageCaches.isWarm(backendId, variant.weights, now),
    });
    this.#pageCaches.read(backendId, variant.weights, diskBytes, now);
    this.#version += 1;
    await stored;
  }

  async learnProbed(
    variant: Variant,
    config: InstanceConfig,
    backendId: BackendId,
    probed: Probed,
  ): Promise<void> {
    const stored = this.#learned.learnProbed(backendId, variant, config, probed);
    this.#version += 1;
    await stored;
  }

  #driverBytes(backendId: BackendId): number {
    return this.#learned.driverBytes(backendId) ?? DRIVER_CONTEXT_BYTES;
  }

  /** First the one with the most slots that one card has room for; else that all cards have together; else one. Then those with fewer. */
  #shapes(
    info: ModelInfo,
    wanted: Wanted,
    backendId: BackendId,
    serverVersion: string | null,
  ): readonly [Shaped, ...Shaped[]] {
    const shaped = this.#rules
      .shapes(info, wanted, backendId, this.#namesOf(info.weights, backendId))
      .map((shape) => ({ shape, estimate: this.#estimate(info, shape, backendId, serverVersion) }));
    const room = this.#rooms.get(backendId) ?? UNKNOWN_ROOM;
    const first = firstFitting(
      shaped.map(({ estimate }) => estimate),
      room,
    );
    const [chosen, ...fewer] = shaped
      .slice(first)
      .map(({ shape, estimate }) => ({ shape, estimate: within(estimate, room) }));
    if (!chosen) throw new Error(`There is no way to load ${info.name}.`);
    return [chosen, ...fewer];
  }

  #namesOf(weights: string, backendId: BackendId): readonly ModelInfo[] {
    return this.#inventories.get(backendId)?.byWeights.get(weights) ?? [];
  }

  #serverShape(backendId: BackendId): ServerShape | null {
    return this.#serverShapes.of(backendId, this.#inventories.get(backendId), this.#version);
  }

  /** Those that its server takes memory for, however many are said to be there. */
  #memorySlots(info: ModelInfo, slots: number, backendId: BackendId): number {
    return this.#rules.hasOneSlot(info) ? slots : (this.#serverShape(backendId)?.slots ?? slots);
  }

  /** OLLAMA_NUM_PARALLEL is in no answer of a server that others run. */
  #withMoreSlots(info: ModelInfo, shape: Shape, backendId: BackendId): readonly MoreSlots[] {
    if (this.#serverShape(backendId) === null || this.#rules.hasOneSlot(info)) return [];
    const { contextLength } = shape.variant;
    const slotsNow = this.#memorySlots(info, shape.slots, backendId);
    return USUAL_SLOTS.filter((slots) => slots > slotsNow).map((slots) => ({
      slots,
      bytes: this.#predict(info, shape, backendId, contextLength, slots).totalBytes,
    }));
  }

  #slotChoice(info: ModelInfo, { shape, estimate }: Shaped, backendId: BackendId): SlotChoice {
    const { variant, config, slots } = shape;
    const { bytes, overhead, measured, marginBytes } = estimate;
    const batch = decidingBatch(variant.options.num_batch);
    const memorySlots = this.#memorySlots(info, slots, backendId);
    const predictedByServerBytes = predictedByOllama(info, variant.contextLength, memorySlots, batch);
    return {
      variant,
      config,
      footprintBytes: bytes,
      overhead,
      marginBytes,
      predictedByServerBytes,
      measured,
    };
  }

  #estimate(
    info: ModelInfo,
    shape: Shape,
    backendId: BackendId,
    serverVersion: string | null,
  ): FootprintEstimate {
    const { variant, config, slots } = shape;
    return estimateFootprint({
      contextLength: variant.contextLength,
      slots,
      serverVersion,
      driverBytes: this.#driverBytes(backendId),
      exact: this.#learned.get(backendId, variant, config),
      siblings: this.#learned.siblings(backendId, variant.weights, config),
      predictAt: (contextLength, otherSlots) => {
        const memorySlots = this.#memorySlots(info, otherSlots, backendId);
        return this.#predict(info, shape, backendId, contextLength, memorySlots);
      },
    });
  }

  #predict(
    model: ModelInfo,
    { variant, config }: Shape,
    backendId: BackendId,
    contextLength: number,
    parallel: number,
  ): PredictedFootprint {
    const kvCacheType = this.#serverShape(backendId)?.kvCacheType ?? config.kvCacheType;
    return predictFootprint({
      model,
      contextLength,
      config: { ...config, kvCacheType, parallel },
      embedding: variant.embedding,
      serverVersion: this.#inventories.get(backendId)?.serverVersion ?? null,
      driverBytes: this.#driverBytes(backendId),
      ...(variant.options.num_batch !== undefined && { batch: variant.options.num_batch }),
    });
  }
}
