import { VirtualClock } from '../../src/clock.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { Json } from '../../src/domain/json.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import type { ResolvedModel } from '../../src/domain/resolver.ts';
import {
  type BackendRules,
  createRegistry,
  type ModelSettings,
  type Registry,
} from '../../src/registry/registry.ts';
import { ollamaRules } from '../support/model-names.ts';

export const BOX = stableId('bkd', 'box');
export const RIG = stableId('bkd', 'rig');
const NOTHING: ModelSettings = { contextLength: null, parallel: null, keepAliveMs: null };

/** The part of a store that a registry needs. What is remembered goes through JSON as it would on disk. */
export class SmallStore {
  readonly #spaces = new Map<string, Map<string, string>>();

  async remember(space: string, key: string, value: Json): Promise<void> {
    const entries = this.#spaces.get(space) ?? new Map<string, string>();
    this.#spaces.set(space, entries.set(key, JSON.stringify(value)));
  }

  async recall(space: string): Promise<ReadonlyMap<string, Json>> {
    const entries = this.#spaces.get(space) ?? new Map<string, string>();
    return new Map([...entries].map(([key, text]) => [key, JSON.parse(text) as Json]));
  }
}

export const RULES: BackendRules = {
  contextLength: 4096,
  parallel: 1,
  ownProcess: false,
  mayReduceParallel: false,
  kvCacheType: 'f16',
  flashAttention: null,
};

export interface FixtureOptions {
  readonly config?: Record<string, Partial<ModelSettings>>;
  readonly parallel?: number;
  readonly store?: SmallStore;
  readonly clock?: VirtualClock;
  readonly ramBytes?: number;
  readonly rules?: Partial<BackendRules>;
}

/** A registry to which the box has told its models. */
export function registryWith(models: readonly ModelInfo[], options: FixtureOptions = {}): Registry {
  const { ramBytes } = options;
  const config = Object.entries(options.config ?? {}).map(([name, settings]) => [
    name,
    { ...NOTHING, ...settings },
  ]);
  const registry = createRegistry({
    config: Object.fromEntries(config),
    nameRules: ollamaRules,
    defaults: {
      rules: () => ({ ...RULES, parallel: options.parallel ?? 1, ...options.rules }),
      ...(ramBytes !== undefined && { ramBytes: () => ramBytes }),
    },
    store: options.store ?? new SmallStore(),
    clock: options.clock ?? new VirtualClock(),
  });
  registry.observe(BOX, models, '0.33.0');
  return registry;
}

export function resolved(
  registry: Registry,
  name: string,
  contextLength: number | null = null,
  backend = BOX,
): ResolvedModel {
  const found = registry.resolve(queueKey({ model: name, contextLength }), backend);
  if (!found) throw new Error(`${name} is not there.`);
  return found;
}
