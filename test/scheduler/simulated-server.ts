/**
 * An Ollama with one card in virtual time: loads and unloads take the time they are given, memory is counted by the server itself, and
 * what may never be asked of it is written down as a violation.
 */
import { VirtualClock } from '../../src/clock.ts';
import type { HostReading, Resident } from '../../src/domain/backend.ts';
import type { Remedy } from '../../src/domain/errors.ts';
import { type InstanceId, stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import type { TaskOf } from '../../src/scheduler/effects.ts';
import type { SchedulerEvent } from '../../src/scheduler/events.ts';
import type { SimulatedModels, WorldModel } from './simulated-models.ts';

/** The two kinds of servers that there are: one that others run and that goes by frozen records, or a process of our own for each instance. */
export type ServerMode = 'ATTACHED' | 'MANAGED';

export interface ServerOptions {
  readonly totalBytes?: number;
  readonly maxLoadedModels?: number;
  /** How many of the next loads fail. */
  readonly failingLoads?: number;
  /** Default MANAGED. */
  readonly mode?: ServerMode;
  /** For so long after an unload that left others resident it handles no other. */
  readonly unloadStallMs?: number;
  /** Memory of the host besides the cards, where it is watched. */
  readonly host?: { readonly totalBytes: number; readonly bytesPerInstance: number };
}

export interface Held {
  readonly model: WorldModel;
  readonly parallel: number;
  readonly weights: string;
  bytes: number;
  /** What was free on the card before it was loaded, as its engine saw it. */
  readonly freeBefore: number;
  /** `freed`: the server has let it go, its memory is on its way back. `spilled`: there, and not to be used. */
  state: 'loading' | 'resident' | 'spilled' | 'leaving' | 'freed';
  active: number;
}

/** The server says that it is gone a little before its memory is back. */
const UNLOAD_ANSWER_MS = 20;
const MEMORY_LAG_MS = 400;
const MOST_LOADED = 100;
const ADMITTED_SHARE = 0.8;

export abstract class SimulatedServer {
  readonly clock = new VirtualClock();
  readonly held = new Map<InstanceId, Held>();
  readonly loads: string[] = [];
  readonly spills: { readonly model: string; readonly at: number }[] = [];
  readonly violations: string[] = [];
  foreignBytes = 0;
  /**
   * Other programs' memory as the last reading showed it while nothing moved: all that a ledger could know. What comes while an instance
   * leaves could as well be the memory that it has not given back yet.
   */
  observedForeignBytes = 0;
  reachable = true;
  /** Of the host, taken by other programs. */
  hostBytesOfOthers = 0;
  failingLoads: number;
  /** Models whose files it cannot read. */
  readonly unreadable = new Set<string>();
  /** It lists what it was told to unload, for ever. */
  keepsAll = false;
  /** How many of the next loads hang until something is unloaded. */
  hangingLoads = 0;
  /** What its server leaves free of the card on top of what the ledger knows: what does not fit beside that, goes to the CPU in part. */
  serverReserveBytes = 0;
  protected readonly models: SimulatedModels;
  readonly #options: ServerOptions;
  #hung: { readonly effect: TaskOf<'load'>; readonly one: Held } | null = null;
  #stalledUntil = 0;

  constructor(models: SimulatedModels, options: ServerOptions) {
    this.models = models;
    this.#options = options;
    this.failingLoads = options.failingLoads ?? 0;
  }

  /** What has happened, for the loop. */
  protected abstract tell(event: SchedulerEvent): void;

  get totalBytes(): number {
    return this.#options.totalBytes ?? 24 * GiB;
  }

  usedBytes(): number {
    return this.foreignBytes + this.#all().reduce((sum, one) => sum + one.bytes, 0);
  }

  residents(): readonly string[] {
    return this.#in('resident').map((one) => one.model.name);
  }

  /** Whether memory comes or goes at this moment. */
  protected get isMoving(): boolean {
    return this.#all().some((one) => one.state !== 'resident' || one.bytes === 0);
  }

  /** As its list of running models tells them. */
  protected listed(): readonly Resident[] {
    return this.#in('resident', 'spilled')
      .filter((one) => one.bytes > 0)
      .map((one) => ({
        modelName: one.model.name,
        digest: one.weights,
        contextLength: 4096,
        sizeBytes: one.model.bytes,
        vramBytes: one.bytes,
        expiresAt: null,
        parallel: null,
        gpuKeys: null,
      }));
  }

  /** As its processes hold it: an instance takes all that it may come to take. */
  protected host(): HostReading | null {
    const { host } = this.#options;
    if (!host) return null;
    const heldBytes = this.held.size * host.bytesPerInstance;
    const availableBytes = Math.max(0, host.totalBytes - heldBytes - this.hostBytesOfOthers);
    return { totalBytes: host.totalBytes, availableBytes, heldBytes };
  }

  /** Everything in it goes; what runs ends when it would have. */
  protected fall(): void {
    this.reachable = false;
    for (const [id, one] of this.held) {
      if (one.state !== 'resident' || one.active === 0) this.held.delete(id);
      else one.bytes = 0;
    }
  }

  /** A program outside loads it. */
  loadForOthers(name: string): void {
    const model = this.models.model(name);
    const { bytes, parallel = 4 } = model;
    const freeBefore = this.totalBytes - this.usedBytes();
    const weights = this.models.weightsOf(name);
    const id = stableId('ins', name);
    this.held.set(id, { model, weights, parallel, bytes, freeBefore, state: 'resident', active: 0 });
  }

  load(effect: TaskOf<'load'>): void {
    const { modelName, weights, options } = effect.spec.variant;
    const model = this.models.model(modelName);
    this.#checkLoad(model);
    const isWhole = options.num_gpu !== undefined;
    const freeBefore = this.totalBytes - this.#knownBytes();
    const one: Held = {
      model,
      weights,
      parallel: model.parallel ?? 4,
      // Without a number of layers the engine takes what is free, and leaves the rest to the CPU.
      bytes: isWhole ? model.bytes : Math.min(model.bytes, freeBefore),
      freeBefore,
      state: 'loading',
      active: 0,
    };
    this.held.set(effect.instanceId, one);
    this.loads.push(modelName);
    if (this.hangingLoads > 0) {
      this.hangingLoads -= 1;
      this.#hung = { effect, one };
      return;
    }
    this.#checkRoom(modelName);
    this.clock.after(model.loadMs, () => this.#endLoad(effect, one, isWhole));
  }

  #checkLoad(model: WorldModel): void {
    if (this.#in('loading').length > 0) this.violations.push(`${model.name} loads beside another load`);
    // A process of our own may have its last jobs while the next one of the same model starts beside it.
    if (this.#options.mode !== 'ATTACHED') return;
    const twin = this.#all().find(
      (one) => one.model.name === model.name && one.bytes > 0 && one.state !== 'freed',
    );
    if (twin) this.violations.push(`${model.name} is loaded although it is ${twin.state}`);
    this.#checkBelief(model);
  }

  #checkRoom(modelName: string): void {
    const known = this.#knownBytes();
    if (known > this.totalBytes)
      this.violations.push(`loading ${modelName} overdraws the card: ${known} of ${this.totalBytes}`);
    const count = this.#all().filter((each) => each.bytes > 0 && each.state !== 'freed').length;
    if (count > (this.#options.maxLoadedModels ?? MOST_LOADED))
      this.violations.push(`${count} models are loaded`);
  }

  /** Ollama's own test of a further model, by whichever running engine's frozen record it happens to ask: none may say no. */
  #checkBelief(model: WorldModel): void {
    const running = this.#in('resident', 'leaving');
    const unclaimed = this.totalBytes - running.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of running) {
      const believed = Math.min(unclaimed, one.freeBefore - one.bytes);
      if (model.bytes > ADMITTED_SHARE * believed)
        this.violations.push(`Ollama would evict for ${model.name}, by the record of ${one.model.name}`);
    }
  }

  #endLoad(effect: TaskOf<'load'>, one: Held, isWhole: boolean): void {
    if (!this.held.has(effect.instanceId)) this.#failed(effect, 'wait', 'the server went');
    else if (isWhole && this.usedBytes() + this.serverReserveBytes > this.totalBytes)
      this.#spill(effect, one);
    else if (this.unreadable.has(one.model.name)) {
      this.held.delete(effect.instanceId);
      this.#failed(effect, 'none', 'its file is cut off');
    } else if (this.failingLoads > 0) {
      this.failingLoads -= 1;
      this.held.delete(effect.instanceId);
      this.#failed(effect, 'retry', 'it broke');
    } else this.#loaded(effect, one);
  }

  #loaded({ instanceId, spec }: TaskOf<'load'>, one: Held): void {
    one.state = 'resident';
    const measured = { sizeBytes: one.model.bytes, vramBytes: one.bytes };
    this.tell({ type: 'loaded', instanceId, variant: spec.variant, measured });
  }

  #failed({ instanceId }: TaskOf<'load'>, remedy: Remedy, message: string): void {
    const code = remedy === 'free-memory' ? 'OUT_OF_MEMORY' : 'LOAD_FAILED';
    this.tell({ type: 'load-failed', instanceId, code, remedy, message, spilled: remedy === 'free-memory' });
  }

  /** As the backends do it: what should have been whole is a failed load, and is let go. */
  #spill(effect: TaskOf<'load'>, one: Held): void {
    const { name, bytes } = one.model;
    const roomBytes = this.totalBytes - this.usedBytes() + one.bytes;
    one.bytes = Math.max(1, roomBytes - this.serverReserveBytes);
    one.state = 'spilled';
    const at = this.clock.now();
    this.spills.push({ model: name, at });
    this.models.learnMisfit(name, { sizeBytes: bytes, vramBytes: one.bytes, roomBytes, at });
    this.#failed(effect, 'free-memory', 'Only a part went to the GPU.');
  }

  /** Ollama goes on with a load whose caller has gone: it ends as it would have. */
  cancelLoad(): void {}

  unload({ instanceId }: TaskOf<'unload'>): void {
    this.#wakeHungLoad(instanceId);
    const one = this.held.get(instanceId);
    if (one && one.active > 0)
      this.violations.push(`${one.model.name} is unloaded with ${one.active} jobs on it`);
    if (one) one.state = 'leaving';
    if (this.keepsAll) return;
    const now = this.clock.now();
    const startsAt = Math.max(now, this.#stalledUntil);
    const isAlone = this.#in('resident', 'leaving').length <= 1;
    this.#stalledUntil = startsAt + (isAlone ? 0 : (this.#options.unloadStallMs ?? 0));
    this.clock.after(startsAt - now + UNLOAD_ANSWER_MS, () => {
      if (one) one.state = 'freed';
      this.tell({ type: 'unloaded', instanceId });
    });
    this.clock.after(startsAt - now + MEMORY_LAG_MS, () => this.held.delete(instanceId));
  }

  /** Any unload wakes an Ollama whose loads hang. */
  #wakeHungLoad(instanceId: InstanceId): void {
    const hung = this.#hung;
    if (!hung || hung.effect.instanceId === instanceId) return;
    this.#hung = null;
    this.clock.after(hung.one.model.loadMs, () => this.#loaded(hung.effect, hung.one));
  }

  adopt({ instanceId, resident: { modelName } }: TaskOf<'adopt'>): void {
    const found = [...this.held].find(([, one]) => one.model.name === modelName && one.bytes > 0);
    if (!found) return;
    this.held.delete(found[0]);
    this.held.set(instanceId, found[1]);
  }

  /** In use, as far as a ledger can know. */
  #knownBytes(): number {
    return this.usedBytes() - this.foreignBytes + this.observedForeignBytes;
  }

  #all(): readonly Held[] {
    return [...this.held.values()];
  }

  #in(...states: readonly Held['state'][]): readonly Held[] {
    return this.#all().filter((one) => states.includes(one.state));
  }
}
