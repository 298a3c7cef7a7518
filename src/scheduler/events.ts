/** What the loop hears, and what it asks for. */
import type { LoadSpec, Resident } from '../domain/backend.ts';
import type { FailureCode, Remedy } from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { BackendId, InstanceId, JobId } from '../domain/ids.ts';
import type { JobFailure } from '../domain/job.ts';
import type { Variant } from '../domain/model.ts';
import type { BackendObservation } from '../domain/observation.ts';
import type { ClaimPick } from '../domain/store.ts';
import type { DoneWork } from '../domain/work.ts';
import type { PlannedClaim } from './decide/plan.ts';
import type { Reason } from './decide/reason.ts';
import type { Work } from './runs/work.ts';
import type { WishChange } from './wishes/wishes.ts';

export type SchedulerEvent =
  /** Something outside changed (backlog, models) or a timer is due. */
  | { readonly type: 'look' }
  /** What came in one tick, in its order: decided about at once. */
  | { readonly type: 'together'; readonly events: readonly SchedulerEvent[] }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'wish'; readonly change: WishChange }
  /** Every instance of these weights is to go, and what loads them is to end. */
  | { readonly type: 'unload-weights'; readonly weights: string; readonly backendId: BackendId | null }
  | { readonly type: 'observed'; readonly observation: BackendObservation }
  /** The store answered a claim; none when it failed. */
  | { readonly type: 'claimed'; readonly claimNumber: number; readonly jobs: readonly JobId[] }
  /** A claimed job has left its slot: it ended, was cancelled, or went back to the queue. */
  | {
      readonly type: 'left';
      readonly instanceId: InstanceId;
      readonly jobId: JobId;
      readonly client: string;
      /** Time in the slot; 0 when it never ran. */
      readonly ranMs: number;
      readonly evidence: Evidence;
      readonly succeeded: boolean;
      /** Of a job that succeeded. Absent: nothing is known of it but its time. */
      readonly work?: DoneWork | undefined;
    }
  /** What an earlier run of the server had learned. */
  | { readonly type: 'recalled'; readonly work: Pick<Work, 'models' | 'speeds'> }
  | {
      readonly type: 'loaded';
      readonly instanceId: InstanceId;
      /** As it was really loaded. */
      readonly variant: Variant;
      readonly measured: { readonly sizeBytes: number; readonly vramBytes: number } | null;
    }
  | {
      readonly type: 'load-failed';
      readonly instanceId: InstanceId;
      readonly code: FailureCode;
      readonly remedy: Remedy;
      readonly message: string;
      /** It was loaded, and only in part on GPUs: what it takes is known, and held against it by the resolver. */
      readonly spilled: boolean;
    }
  /** The server confirmed that the instance is gone. */
  | { readonly type: 'unloaded'; readonly instanceId: InstanceId };

export type EventOf<T extends SchedulerEvent['type']> = Extract<SchedulerEvent, { readonly type: T }>;

export type Effect =
  | {
      readonly type: 'claim';
      readonly claimNumber: number;
      readonly claim: PlannedClaim;
      readonly backendName: string;
    }
  | {
      readonly type: 'load';
      readonly instanceId: InstanceId;
      readonly backendId: BackendId;
      readonly spec: LoadSpec;
      readonly expectedMs: number;
    }
  | {
      readonly type: 'adopt';
      readonly instanceId: InstanceId;
      readonly backendId: BackendId;
      readonly resident: Resident;
      readonly spec: LoadSpec;
    }
  | { readonly type: 'unload'; readonly instanceId: InstanceId }
  /** It is wanted no more: its load ends, as one that failed. */
  | { readonly type: 'cancel-load'; readonly instanceId: InstanceId }
  /** It went without us; what ran there ends by itself. */
  | { readonly type: 'forget'; readonly instanceId: InstanceId }
  /** A fresh reading is wanted soon, so that several wishes are one and a card gets time to change. */
  | { readonly type: 'poke'; readonly backendId: BackendId; readonly when: 'soon' }
  /** One of the memory is wanted at once; what is under way will do if it began at `since` (epoch milliseconds) or later. */
  | { readonly type: 'poke'; readonly backendId: BackendId; readonly when: 'now'; readonly since: number }
  /** A reading has shown what a load of ours really takes on GPUs. */
  | {
      readonly type: 'probed';
      readonly instanceId: InstanceId;
      readonly probedBytes: number;
      readonly cards: number;
    }
  /** The waiting jobs of these queues can never run, and are to be failed. Said again while they still wait. */
  | { readonly type: 'refuse'; readonly picks: readonly ClaimPick[]; readonly failure: JobFailure }
  /** A model that is to be resident is on no backend. Said once, until it has come and gone again. */
  | { readonly type: 'missing'; readonly modelName: string; readonly why: string }
  | { readonly type: 'decided'; readonly reason: Reason; readonly jobId: JobId | null };
