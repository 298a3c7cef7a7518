/** What is fixed when a cell starts. */
import type { LoadSpec } from '../../domain/backend.ts';
import type { InstanceConfig } from '../../domain/model.ts';
import type { PlannedGpu } from './gpu-names.ts';

export interface CellPlan {
  /** Empty: the cell sees no card. */
  readonly gpus: readonly PlannedGpu[];
  readonly config: InstanceConfig;
}

export function planOf(spec: LoadSpec): CellPlan {
  const gpus = spec.gpus.map(({ key, index }) => ({ key, index }));
  return { gpus: gpus.sort((a, b) => a.index - b.index), config: spec.config };
}
