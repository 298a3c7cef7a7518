/** What concerns the same weights on the same backend, found without going through the rest: a turn costs by models, not by models times instances. */
import type { Instance } from '../../domain/instance.ts';
import {
  type BackendSnapshot,
  type Demand,
  type InstanceSnapshot,
  type LoadOption,
  serves,
} from './snapshot.ts';

type Place = Pick<Instance, 'backendId' | 'variant'>;

function keyOf({ backendId, variant }: Place): string {
  return `${backendId} ${variant.weights}`;
}

/** Of the demand what an instance can serve. */
export class DemandByWeights {
  readonly #demand = new Map<string, Demand[]>();

  constructor(demand: readonly Demand[]) {
    for (const each of demand) {
      for (const key of new Set(each.options.map(keyOf))) {
        const known = this.#demand.get(key);
        if (known) known.push(each);
        else this.#demand.set(key, [each]);
      }
    }
  }

  /** In the order of the demand. */
  servable(instance: Place): readonly Demand[] {
    const known = this.#demand.get(keyOf(instance)) ?? [];
    return known.filter(({ options }) => options.some((option) => serves(instance, option)));
  }
}

/** Of the instances those that serve an option. */
export class InstancesByWeights {
  readonly #instances: ReadonlyMap<string, readonly InstanceSnapshot[]>;

  constructor(backends: readonly BackendSnapshot[]) {
    this.#instances = Map.groupBy(
      backends.flatMap(({ instances }) => instances),
      keyOf,
    );
  }

  serving(option: LoadOption): readonly InstanceSnapshot[] {
    const known = this.#instances.get(keyOf(option)) ?? [];
    return known.filter((instance) => serves(instance, option));
  }
}
