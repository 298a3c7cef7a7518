import type { DecisionKind, NewDecision } from '../../src/domain/decision.ts';

export function newDecision(kind: DecisionKind, more: Partial<NewDecision> = {}): NewDecision {
  return {
    at: 0,
    kind,
    backendId: null,
    jobId: null,
    cellId: null,
    modelName: null,
    instanceId: null,
    gpuId: null,
    bytes: null,
    inFavourOf: null,
    jobCount: 0,
    explanation: '',
    ...more,
  };
}
