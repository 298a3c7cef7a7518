import type { JobPriority } from './job.ts';

/** Who asks, as the transport established it. */
export interface Principal {
  readonly client: string;
  readonly admin: boolean;
  /** A more urgent priority asked for is refused. */
  readonly maxPriority: JobPriority;
}
