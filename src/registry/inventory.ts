/** What one backend has told of its models. */
import type { ModelInfo } from '../domain/model.ts';

export interface Inventory {
  readonly models: ReadonlyMap<string, ModelInfo>;
  readonly byWeights: ReadonlyMap<string, readonly ModelInfo[]>;
  readonly serverVersion: string | null;
}

export function inventoryOf(models: readonly ModelInfo[], serverVersion: string | null): Inventory {
  return {
    models: new Map(models.map((model) => [model.name, model])),
    byWeights: Map.groupBy(
      models.filter(({ pending }) => !pending),
      ({ weights }) => weights,
    ),
    serverVersion,
  };
}

export function sameInventory(a: Inventory, b: Inventory): boolean {
  if (a.serverVersion !== b.serverVersion || a.models.size !== b.models.size) return false;
  return [...a.models].every(([name, model]) => {
    const other = b.models.get(name);
    return (
      other?.digest === model.digest &&
      other.weights === model.weights &&
      other.modifiedAt === model.modifiedAt &&
      !other.facts === !model.facts &&
      other.pending === model.pending
    );
  });
}
