import { type Clock, type Random, seededRandom } from '../../clock.ts';
import { EventLog, type TimedVirtualEvent } from '../events.ts';
import { type FaultSource, FaultSwitches } from '../faults.ts';
import { type GpuMemory, LocalGpuMemory } from '../gpu-memory.ts';
import { automaticContextLength, completeSettings, type VirtualOllamaSettings } from '../settings.ts';
import { humanParameterCount, isEmbeddingArchitecture, parameterCount } from './architecture.ts';
import {
  Catalog,
  type CatalogModel,
  describeModel,
  type ModelCatalog,
  type ModelDescription,
} from './catalog.ts';
import type { EngineWorld } from './engine.ts';
import type { EngineStarter } from './engine-process.ts';
import { type ModelOptions, mergeOptions, type OptionMap } from './options.ts';
import { OwnedClock } from './owned-clock.ts';
import { paceOf } from './pace.ts';
import { Scheduler } from './scheduler.ts';

export interface CoreParts {
  readonly clock: Clock;
  readonly settings?: Partial<VirtualOllamaSettings>;
  /** Cards of this server alone, unless given. */
  readonly memory?: GpuMemory;
  readonly random?: Random;
  /** The models; those of `settings.catalog` unless given. */
  readonly catalog?: ModelCatalog;
  /** What can be pulled, asked at each pull; `settings.library` unless given. */
  readonly library?: () => readonly ModelDescription[];
  /** Switches of its own, unless given. */
  readonly faults?: FaultSource;
  /** Starts a real process for each engine. Without it engines are numbers. */
  readonly startEngine?: EngineStarter;
  readonly onEvent?: (event: TimedVirtualEvent) => void;
}

/** The first pid handed out to an engine. */
const FIRST_PID = 1_001;

/**
 * Ollama without its HTTP: the models it has, its scheduler, its engines on virtual cards. It does nothing but
 * by its clock, so it runs in virtual time as well as in real time.
 */
export class VirtualOllamaCore {
  readonly settings: VirtualOllamaSettings;
  readonly clock: Clock;
  readonly memory: GpuMemory;
  readonly catalog: ModelCatalog;
  readonly library: () => readonly ModelDescription[];
  readonly faults: FaultSource;
  readonly events: EventLog;
  readonly scheduler: Scheduler;
  readonly world: EngineWorld;
  readonly #ownedClock: OwnedClock;
  #stopped = false;

  constructor(parts: CoreParts) {
    this.settings = completeSettings(parts.settings ?? {});
    this.#ownedClock = new OwnedClock(parts.clock);
    this.clock = this.#ownedClock;
    this.memory = parts.memory ?? new LocalGpuMemory(this.settings.gpus);
    this.faults = parts.faults ?? new FaultSwitches();
    this.library = parts.library ?? (() => this.settings.library);
    this.events = new EventLog(() => parts.clock.now(), parts.onEvent);
    this.catalog =
      parts.catalog ??
      new Catalog(this.settings.catalog.map((description, age) => this.#describe(description, age)));
    let pid = FIRST_PID;
    this.world = {
      clock: this.clock,
      pace: paceOf(this.settings),
      settings: this.settings,
      memory: this.memory,
      faults: this.faults,
      events: this.events,
      nextPid: () => pid++,
      ...(parts.startEngine ? { startEngine: parts.startEngine } : {}),
    };
    this.scheduler = new Scheduler(this.world, parts.random ?? seededRandom(this.settings.seed));
  }

  #describe(description: ModelDescription, age = 0): CatalogModel {
    return this.describe(description, this.clock.now() - 1_000 * (this.settings.catalog.length - age));
  }

  /** A catalogue entry from a description, with everything derived that it leaves out. */
  describe(description: ModelDescription, modifiedAtMs = this.clock.now()): CatalogModel {
    return describeModel(description, modifiedAtMs, (facts) => humanParameterCount(parameterCount(facts)));
  }

  /**
   * Defaults < `PARAMETER`s of the model < `request`.
   * @throws OllamaError 500 for an option of the wrong type.
   */
  options(model: CatalogModel, request: OptionMap): ModelOptions {
    const classic = this.settings.regime === 'classic';
    return mergeOptions(
      {
        contextLength: this.settings.contextLength,
        automaticContextLength: automaticContextLength(this.settings),
        repeatPenalty: classic ? 1.1 : 1,
        mainGpu: classic ? 0 : undefined,
      },
      { model: model.parameters, request, isEmbedding: isEmbeddingArchitecture(model.facts) },
    );
  }

  /** Ends the server as SIGTERM does: its engines go with it. */
  stop(): void {
    this.#end(() => 'kill');
  }

  /** Ends the server as SIGKILL does: its engines stay behind and hold their memory. */
  kill(): void {
    this.#end(() => (this.faults.state.orphanOnKill ? 'orphan' : 'kill'));
  }

  #end(how: () => 'kill' | 'orphan'): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#ownedClock.close();
    this.scheduler.stop((engine) => engine[how()]());
  }
}
