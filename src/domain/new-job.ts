/** A job on its way into the store. */
import type { Fallback } from './fallback.ts';
import type { JobId } from './ids.ts';
import type { JobKind, JobPriority, Label } from './job.ts';
import type { JsonObject } from './json.ts';
import type { QueueKey } from './queue-key.ts';
import type { JobRequest } from './request.ts';

export interface NewJob {
  readonly id: JobId;
  readonly client: string;
  readonly kind: JobKind;
  /** Of a job for a task, the model that was selected for it then. */
  readonly modelName: string;
  /** The task that it was submitted for. Absent: for none. */
  readonly task?: string | undefined;
  /** Absent: no other model will do. */
  readonly fallback?: Fallback | undefined;
  /** Its answer may be that of a job with the same key, which ended at most so long ago. Absent: it may not. */
  readonly cache?: { readonly key: string; readonly maxAgeMs: number } | undefined;
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly labels: readonly Label[];
  readonly metadata: JsonObject | null;
  /** Epoch milliseconds. */
  readonly deadline: number | null;
  readonly maxAttempts: number;
  /** See `Job.live`. */
  readonly live: boolean;
  readonly request: JobRequest;
}
