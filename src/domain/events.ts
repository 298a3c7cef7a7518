/** What happens, as the event log carries it. */

import type { OutputRecord } from './backend.ts';
import type { BackendAnswer } from './errors.ts';
import type { BatchId } from './ids.ts';
import type { ModelPull } from './model-operations.ts';
import type { Finish, JobChange } from './store.ts';

export type DomainEvent =
  | ({ readonly kind: 'job' } & JobChange)
  /** A batch of requests has ended: no more jobs come of it. */
  | { readonly kind: 'batch'; readonly id: BatchId }
  /** Memory, instances or backends changed; readers take the state from the system view. */
  | { readonly kind: 'vram' }
  | { readonly kind: 'pull'; readonly pull: ModelPull };

/** Where publishers write. Never throws, never waits. */
export interface EventPublisher {
  publish(event: DomainEvent, at: number): void;
}

/** Who is told how runs end, beside the store. */
export interface EndWriter {
  /**
   * To be called right before the store is told the same; what comes of it there decides.
   * @param answer what the backend itself said of the failure, which is not stored.
   */
  finishing(finish: Finish, answer?: BackendAnswer | null): void;
}

/** The growing output of running jobs, shared by all who read it. */
export interface OutputWriter {
  /** A (further) attempt of the job begins; its readers go on with the new attempt. */
  open(jobId: string, attempt: number): void;
  /** The prompt of the present attempt is cut; its answer comes after this. */
  cut(jobId: string): void;
  record(jobId: string, record: OutputRecord): void;
  /** Whether somebody who still listens has passed on some of it to who cannot forget it. */
  hasPassedOn(jobId: string): boolean;
  /** The job ended, after what it left is in the store; readers take the rest from there. */
  close(jobId: string): void;
}
