/** Jobs on their way to the queue, decoded already: what every way in makes of what it was sent. */
import type { JobId } from '../domain/ids.ts';
import type { JobPriority, Label } from '../domain/job.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ImageSource, JobRequest } from '../domain/request.ts';
import type { InstanceWishes } from '../kinds/wishes.ts';

export interface JobSubmission {
  /** Made before by `newJobId`, so that somebody can listen for the job from its first moment. Absent: made on admission. */
  readonly id?: JobId;
  /** Whether its answer may be that of a job that asked the same. Absent: as the settings have it. */
  readonly cache?: boolean;
  /** By any spelling of its name. */
  readonly model: string;
  /** Others that may do it where that would be too late, or is gone, the most liked first. Absent: none. */
  readonly fallback?: { readonly models: readonly string[]; readonly afterMs: number | null };
  /** Taken as it is: whether the model's server likes it is the server's to say. */
  readonly request: JobRequest<ImageSource>;
  readonly wishes?: InstanceWishes;
  /** Absent: `NORMAL`, or the most urgent one that the client may use. */
  readonly priority?: JobPriority;
  readonly labels?: readonly Label[];
  readonly metadata?: JsonObject;
  readonly deadline?: Date;
  /** How long its caller waits at most, from its acceptance on, where no deadline is named. Whoever sends the same again may wait anew. */
  readonly patienceMs?: number;
  /** Not in a batch, which has a key of its own. */
  readonly idempotencyKey?: string;
  /** Its caller says that it has sent the same before: should the job of then have ended as its caller left, it is taken up. */
  readonly comesBack?: boolean;
  /** Absent: 3. */
  readonly maxAttempts?: number;
  /** See `Job.live`; said by `LiveJobs` alone. Absent: false. */
  readonly live?: boolean;
}

export interface BatchSubmission {
  readonly name?: string;
  /** Neither it nor its jobs are forgotten. Absent: false. */
  readonly keep?: boolean;
  readonly metadata?: JsonObject;
  readonly idempotencyKey?: string;
  /** 1 to 1,000. */
  readonly jobs: readonly JobSubmission[];
}
