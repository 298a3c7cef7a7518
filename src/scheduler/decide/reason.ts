/** Why something is decided, and what it is about. */
import type { DecisionKind } from '../../domain/decision.ts';
import type { BackendId, InstanceId } from '../../domain/ids.ts';
import type { Footprint, Instance } from '../../domain/instance.ts';

export interface Reason {
  readonly kind: DecisionKind;
  readonly backendId: BackendId | null;
  readonly modelName: string | null;
  readonly explanation: string;
  /** The instance that it is about. Absent: none. */
  readonly instanceId?: InstanceId;
  /** The memory that it moves or needs. Absent: none. */
  readonly footprint?: Footprint;
  /** The model that room is made for. Absent: none. */
  readonly inFavourOf?: string;
}

/** A reason that is about an instance and all of its memory. */
export function reasonAbout(
  { id, backendId, variant, footprint }: Pick<Instance, 'id' | 'backendId' | 'variant' | 'footprint'>,
  kind: DecisionKind,
  explanation: string,
  inFavourOf?: string,
): Reason {
  const { modelName } = variant;
  const favoured = inFavourOf === undefined ? {} : { inFavourOf };
  return { kind, backendId, modelName, explanation, instanceId: id, footprint, ...favoured };
}
