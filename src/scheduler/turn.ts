/** What a turn of the loop looks things up in, and what its parts hand on. */
import type { BacklogView } from '../domain/backlog.ts';
import type { BackendId, InstanceId } from '../domain/ids.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { ResolvedModel } from '../domain/resolver.ts';
import type { Demand } from './decide/snapshot.ts';
import type { Effect } from './events.ts';
import type { SchedulerState } from './state.ts';

/** What a step may look up. Answers do not change during a step. */
export interface World {
  /** The backlog with where its queues could run, before what is being claimed is taken off. */
  readonly demand: readonly Demand[];
  /** Those of whom something waits. */
  readonly clients: BacklogView['clients'];
  /** Of those the ones that run as many jobs as they may: the demand has nothing of them. Absent: nobody has a limit. */
  clientsAtLimit?(): readonly string[];
  /** Jobs that the client may still be given; Infinity without a limit. Those that are being claimed are not counted yet. Absent: nobody has one. */
  roomOf?(client: string): number;
  /** How many times the service of others it gets. Absent: all the same. */
  weightOf?(client: string): number;
  /** Whether the backend has told its models. */
  hasListed(backendId: BackendId): boolean;
  /** Whether any name of the backend means these weights. */
  isNamed(weights: string, backendId: BackendId): boolean;
  resolve(queue: QueueKey, backendId: BackendId): ResolvedModel | null;
  newInstanceId(): InstanceId;
}

export interface Reduced {
  readonly state: SchedulerState;
  readonly effects: readonly Effect[];
}
