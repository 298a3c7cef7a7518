/** Why something is decided, and what it is about. */
import type { DecisionKind } from '../../domain/decision.ts';
import type { BackendId, InstanceId } from '../../domain/ids.ts';
import type { Footprint, Instance, LeaveCause } from '../../domain/instance.ts';

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
  /** Why the instance is told to leave. Absent: it is not, or has been told already. */
  readonly cause?: LeaveCause;
}

/** A reason that is about an instance and all of its memory. */
export function reasonAbout(
  { id, backendId, variant, footprint }: Pick<Instance, 'id' | 'backendId' | 'variant' | 'footprint'>,
  kind: DecisionKind,
  explanation: string,
  leaving: Pick<Reason, 'inFavourOf' | 'cause'> = {},
): Reason {
  const { modelName } = variant;
  return { kind, backendId, modelName, explanation, instanceId: id, footprint, ...leaving };
}
