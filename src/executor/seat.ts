/** Where jobs sit: an instance with its handle, the jobs that wait for its load, and those that run on it. */
import type { Backend, InstanceHandle, LoadSpec, Resident } from '../domain/backend.ts';
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
  /** By claim and not by job: one that was cancelled and queued again can run while its earlier run still ends. */
  readonly running: Set<Run>;
  /** Aborts the load or the unload under way. */
  readonly lifetime: AbortController;
}

/** Why a run was ended from outside: the signal's reason. */
export class RunEnded extends Error {
  /** `not-held`: its claim is over, as the job was cancelled or is somebody else's by now. */
  readonly why: 'not-held' | 'deadline' | 'shutdown';

  constructor(why: RunEnded['why']) {
    super(`The run was ended: ${why}.`);
    this.name = 'RunEnded';
    this.why = why;
  }
}

/** For an instance whose load failed: what the server really holds of it is not known. */
export function unknownResident(spec: LoadSpec): Resident {
  const { modelName, contextLength } = spec.variant;
  return {
    modelName,
    digest: '',
    contextLength,
    sizeBytes: 0,
    vramBytes: 0,
    expiresAt: null,
    parallel: null,
    gpuKeys: null,
  };
}
