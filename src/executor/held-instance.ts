/** An instance that the executor holds: its handle, the jobs that wait for its load, and those that run on it. */
import type { Timer } from '../clock.ts';
import type { Backend, InstanceHandle, LoadSpec } from '../domain/backend.ts';
import type { InstanceId, JobId } from '../domain/ids.ts';
import type { ClaimedJob } from '../domain/store.ts';
import type { ClaimHold } from './claim-hold.ts';
import type { Gate } from './gate.ts';

export interface Run {
  readonly claimed: ClaimedJob;
  readonly controller: AbortController;
  /** Whether its claim is on disk. */
  readonly hold: ClaimHold;
  /** When its request went to the instance, by the monotonic clock; null before, in the queue of the gate too. */
  sentAt: number | null;
  /** The instance went while it and others ran there. */
  hadCompany: boolean;
}

/** A job that was claimed for an instance that is still loading. */
export interface Waiting {
  readonly claimed: ClaimedJob;
  readonly deadline: Timer | null;
}

export class HeldInstance {
  readonly instanceId: InstanceId;
  readonly backend: Backend;
  readonly spec: LoadSpec;
  /** Null while it loads, and after a load that failed. */
  handle: InstanceHandle | null = null;
  /** Jobs that were claimed for it meanwhile go back. */
  loadFailed = false;
  readonly waiting = new Map<JobId, Waiting>();
  /** By claim and not by job: one that was cancelled and queued again can run while its earlier run still ends. */
  readonly running = new Set<Run>();
  /** One for all that stand for the same engine: it may be loaded again by itself, and be another instance to us. */
  readonly gate: Gate<Run>;
  /** Ends the load under way, and nothing else: what follows a load that failed still has to be done. */
  readonly loading = new AbortController();
  /** Ends whatever is under way, because nobody will hear of this instance again. */
  readonly lifetime = new AbortController();

  constructor(instanceId: InstanceId, backend: Backend, spec: LoadSpec, gate: Gate<Run>) {
    this.instanceId = instanceId;
    this.backend = backend;
    this.spec = spec;
    this.gate = gate;
  }

  /** Every job that waits for the load, which then waits here no more. */
  takeWaiting(): readonly ClaimedJob[] {
    const taken = [...this.waiting.values()];
    this.waiting.clear();
    for (const { deadline } of taken) deadline?.cancel();
    return taken.map(({ claimed }) => claimed);
  }

  /** Whether it waited. */
  dropWaiting(jobId: JobId): boolean {
    this.waiting.get(jobId)?.deadline?.cancel();
    return this.waiting.delete(jobId);
  }
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

/** Why a load was ended from outside. */
export class LoadCancelledError extends Error {
  constructor() {
    super('It was asked to go while it loaded.');
    this.name = 'LoadCancelledError';
  }
}
