/** Where jobs sit: an instance with its handle, the jobs that wait for its load, and those that run on it. */
import type { Backend, InstanceHandle, LoadSpec } from '../domain/backend.ts';
import type { InstanceId, JobId } from '../domain/ids.ts';
import type { ClaimedJob } from '../domain/store.ts';

export interface Run {
  readonly claimed: ClaimedJob;
  readonly controller: AbortController;
}

export interface Seat {
  readonly instanceId: InstanceId;
  readonly backend: Backend;
  readonly spec: LoadSpec;
  /** Null while it loads, and after a load that failed. */
  handle: InstanceHandle | null;
  /** Set when the load failed: jobs claimed for it meanwhile share its fate. */
  loadError: unknown;
  readonly waiting: Map<JobId, ClaimedJob>;
  readonly running: Map<JobId, Run>;
  /** Aborts the load or the unload under way. */
  readonly lifetime: AbortController;
}

/** Why a run was ended from outside: the signal's reason. */
export class RunEnded extends Error {
  readonly why: 'cancelled' | 'deadline' | 'shutdown';

  constructor(why: RunEnded['why']) {
    super(`The run was ended: ${why}.`);
    this.name = 'RunEnded';
    this.why = why;
  }
}
