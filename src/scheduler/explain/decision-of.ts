/** A reason as it is told. */
import type { NewDecision } from '../../domain/decision.ts';
import type { JobId } from '../../domain/ids.ts';
import { totalBytes } from '../../domain/instance.ts';
import type { Reason } from '../decide/reason.ts';

/** @param at epoch milliseconds */
export function decisionOf(reason: Reason, jobId: JobId | null, at: number): NewDecision {
  const { kind, backendId, modelName, explanation, instanceId, footprint, inFavourOf } = reason;
  const [only, ...others] = footprint ?? [];
  return {
    at,
    kind,
    backendId,
    jobId,
    cellId: null,
    modelName,
    instanceId: instanceId ?? null,
    gpuId: only && others.length === 0 ? only.gpuId : null,
    bytes: footprint?.length ? totalBytes(footprint) : null,
    inFavourOf: inFavourOf ?? null,
    jobCount: kind === 'DISPATCH' ? 1 : 0,
    explanation,
  };
}
