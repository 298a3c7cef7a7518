/** What was decided in one step, each entry with its reason. */
import type { BackendId, InstanceId } from '../../domain/ids.ts';
import type { Footprint } from '../../domain/instance.ts';
import type { ClaimPick } from '../../domain/store.ts';
import type { SwapSeconds } from './forced-share.ts';
import type { Reason } from './reason.ts';
import type { LoadOption, Swap } from './snapshot.ts';
import type { Verdicts } from './verdict.ts';

export type Placement = Footprint;

export interface PlannedClaim {
  readonly instanceId: InstanceId;
  readonly as: 'QUEUED' | 'RUNNING';
  readonly picks: readonly ClaimPick[];
  /** These jobs come before their turn because they are overdue. */
  readonly overdue: boolean;
}

export interface PlannedLoad {
  readonly option: LoadOption;
  readonly placement: Placement;
  /** Whom the server will evict for it by itself (manners/nameless.ts). */
  readonly evicts: readonly InstanceId[];
  /** One of the plan's reasons. */
  readonly reason: Reason;
}

export interface Plan {
  readonly claims: readonly PlannedClaim[];
  /** READY → DRAINING. */
  readonly drains: readonly InstanceId[];
  /** DRAINING without jobs → UNLOADING. */
  readonly unloads: readonly InstanceId[];
  readonly loads: readonly PlannedLoad[];
  /** The swaps that are open after this step, by backend. Backends not named keep theirs. */
  readonly swaps: ReadonlyMap<BackendId, readonly Swap[]>;
  /** Seconds of loads for which residents with work have to give way by this plan, by backend. */
  readonly forced: ReadonlyMap<BackendId, SwapSeconds>;
  readonly reasons: readonly Reason[];
  /** What each queue that still waits waits for. */
  readonly verdicts: Verdicts;
  /** When to look again although nothing happened, epoch milliseconds; null for never. */
  readonly wakeAt: number | null;
}
