/** How loads found their server processes, over all managed backends. */
import type { Backend } from '../domain/backend.ts';
import type { CellStatistics } from '../domain/cell.ts';

export function cellStatistics(backends: readonly Pick<Backend, 'cellStatistics'>[]): CellStatistics {
  const each = backends.flatMap((backend) => backend.cellStatistics ?? []);
  return {
    coldStarts: each.reduce((sum, { coldStarts }) => sum + coldStarts, 0),
    warmStarts: each.reduce((sum, { warmStarts }) => sum + warmStarts, 0),
  };
}
