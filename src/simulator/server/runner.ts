/** A model that a server has loaded, or is loading, with its requests. */
import type { Loaded } from '../machine/machine.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';

export interface Request {
  readonly model: SimulatedModel;
  /** Null for a load without work. */
  readonly job: SimulatedJob | null;
  /** Absent: as the model has it. */
  readonly keepAliveMs?: number;
  /** The job has its slot; of a load without work: the model is ready. */
  started(): void;
  done(): void;
  /** The load did not go well. */
  failed(): void;
}

export class Runner {
  readonly model: SimulatedModel;
  readonly loaded: Loaded;
  keepAliveMs: number;
  /** Requests that hold it, those that wait for a slot among them. */
  requests = 0;
  /** Since it was loaded. */
  uses = 0;
  /** It goes when nothing holds it any more. */
  expires = false;
  /** When a request last took or left it. */
  lastUsedMs: number;
  readonly queue: Request[] = [];

  constructor(loaded: Loaded, keepAliveMs: number) {
    this.model = loaded.model;
    this.loaded = loaded;
    this.keepAliveMs = keepAliveMs;
    this.lastUsedMs = loaded.lastUsedMs;
  }

  get isIdle(): boolean {
    return this.requests === 0;
  }
}
