/** What the monitor saw of one backend: readings for others to decide by, never a decision. */
import type { HostReading, Resident } from './backend.ts';
import type { GpuDetail, GpuReading } from './gpu.ts';
import type { BackendId } from './ids.ts';
import type { ModelInfo } from './model.ts';
import type { BackendHealth } from './system.ts';

export interface BackendObservation {
  readonly backendId: BackendId;
  /** Epoch milliseconds at which the reading began: what happened after it may not be in it. */
  readonly startedAt: number;
  /** Epoch milliseconds at which the reading was complete. */
  readonly at: number;
  /** DEGRADED: it serves, but something about it could not be read or it answers too slowly to be trusted. */
  readonly health: BackendHealth;
  /** What is wrong and what to do, when it is not HEALTHY. */
  readonly problem: string | null;
  /** The last one it told; null when it has never answered. */
  readonly version: string | null;
  /** Null when this reading of it failed: what was resident before may or may not be there still. */
  readonly residents: readonly Resident[] | null;
  /** Null when this reading of it failed, or where its host is not watched. */
  readonly host: HostReading | null;
  /** Of every process that the backend started. Absent when it starts none, or when this reading of it failed. */
  readonly ownPids?: readonly number[];
  /** Null when there is no probe, or when this reading of it failed. An empty list: a host without a GPU. */
  readonly gpus: readonly GpuReading[] | null;
  /** Of a reading of `memory` nothing is known of who uses it. Absent: everything. */
  readonly gpuDetail?: GpuDetail;
  /** Between two readings of its GPUs as planned, the lag of their source included, in milliseconds: for `isStale`. Absent without a probe. */
  readonly gpuIntervalMs?: number;
  /** What is wrong with the probe and what to do; null when it answered or there is none. */
  readonly probeProblem: string | null;
  /** Every model, when this reading asked for them and they came; null otherwise, which says nothing about them. */
  readonly models: readonly ModelInfo[] | null;
}
