/** What others see of the registry. */
import type { Clock } from '../clock.ts';
import type { BackendId } from '../domain/ids.ts';
import type { InstanceConfig, ModelInfo, Variant } from '../domain/model.ts';
import type { ModelNames } from '../domain/model-names.ts';
import type { ModelResolver } from '../domain/resolver.ts';
import type { Store } from '../domain/store.ts';
import type { ModelState } from '../domain/system.ts';
import type { ContextRange } from './context/context-length.ts';
import type { FootprintEstimate } from './estimate.ts';
import type { LoadMeasurement, Probed } from './learned/observation.ts';
import type { NameRules } from './model-directory.ts';
import type { GpuRoom } from './room.ts';
import type { ModelSettings, VariantDefaults } from './variant-rules.ts';

export interface RegistryOptions {
  /** By any spelling of the name. */
  readonly config: Readonly<Record<string, ModelSettings>>;
  readonly defaults: VariantDefaults & {
    /** RAM of a backend's host; default: this machine's. Decides how long a model file stays in its page cache. */
    readonly ramBytes?: (backendId: BackendId) => number;
  };
  readonly nameRules: NameRules;
  readonly store: Pick<Store, 'remember' | 'recall'>;
  readonly clock: Clock;
}

/** Which models there are, and what each would take. It is told what others saw and measured, and asks nobody. */
export interface Registry extends ModelResolver {
  /** What a caller's name means. */
  readonly names: ModelNames;
  /** Whether any backend has told its models: until then nobody can say that a model does not exist. */
  readonly known: boolean;
  /** Recalls what earlier runs learned. */
  start(): Promise<void>;
  /** Takes over what a backend has now; what it no longer lists is gone from it. */
  observe(backendId: BackendId, models: readonly ModelInfo[], serverVersion?: string | null): void;
  /** Takes over what its GPUs could hold if they were empty; before, and on a host without any, anything fits. */
  observeRoom(backendId: BackendId, room: GpuRoom): void;
  /** By name. */
  models(): readonly ModelState[];
  /** As the backend last told. */
  installed(backendId: BackendId): readonly ModelInfo[];
  /** By any spelling of its name. */
  model(name: string): ModelState | null;
  /** What is known of the model that a name means on one backend; null when it lists none. */
  modelOn(backendId: BackendId, name: string): ModelInfo | null;
  /** By any spelling of its name. Null where no backend has told enough of it. */
  contextRange(name: string): ContextRange | null;
  /** Milliseconds; null where no load of it was measured. */
  expectedLoadMs(model: ModelState): number | null;
  vramEstimate(model: ModelState, contextLength: number | null): FootprintEstimate | null;
  /** Resolves when it is stored; it counts at once. A load that spilled is remembered as a misfit, and its size not learned. */
  learnFootprint(
    variant: Variant,
    config: InstanceConfig,
    serverVersion: string | null,
    backendId: BackendId,
    measured: LoadMeasurement,
  ): Promise<void>;
  /**
   * What a probe showed of the newest load of this variant: by how much its memory is more than the server tells. Resolves when it
   * is stored; it counts at once.
   */
  learnProbed(variant: Variant, config: InstanceConfig, backendId: BackendId, probed: Probed): Promise<void>;
}
