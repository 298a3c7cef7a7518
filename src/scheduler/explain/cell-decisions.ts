/** The starts and ends of server processes, told among the decisions. */
import type { CellEvent } from '../../domain/cell.ts';
import type { DecisionKind, NewDecision } from '../../domain/decision.ts';
import type { Gpu } from '../../domain/gpu.ts';
import type { BackendId } from '../../domain/ids.ts';

const KINDS = { start: 'CELL_START', end: 'CELL_END', death: 'CELL_DEATH' } as const satisfies Record<
  CellEvent['kind'],
  DecisionKind
>;
const VERBS = { start: 'started', end: 'ended', death: 'died' } as const;

/** @param gpus of the backend, as they are known now. */
export function cellDecision(
  { kind, at, cell, reason }: CellEvent,
  backendId: BackendId,
  gpus: readonly Gpu[],
): NewDecision {
  const { id: cellId, modelName, pid } = cell;
  return {
    kind: KINDS[kind],
    at,
    backendId,
    jobId: null,
    cellId,
    modelName,
    instanceId: null,
    gpuId: gpus.find(({ key }) => cell.gpuKeys.length === 1 && cell.gpuKeys.includes(key))?.id ?? null,
    bytes: null,
    inFavourOf: null,
    jobCount: 0,
    explanation: `Process ${pid}${placeOf(cell.gpuKeys, gpus)} ${VERBS[kind]}. ${reason}`,
  };
}

/** ` on GPU 0 and 1`; nothing for one without a card, or whose cards nobody has read yet. */
function placeOf(keys: readonly string[], gpus: readonly Gpu[]): string {
  const indices = keys.flatMap((key) => gpus.find((gpu) => gpu.key === key)?.index ?? []);
  return indices.length > 0 ? ` on GPU ${indices.join(' and ')}` : '';
}
