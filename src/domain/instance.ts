/** Instances: variants in memory, and the one table of their states. */
import { IllegalTransitionError } from './errors.ts';
import type { BackendId, GpuId, InstanceId } from './ids.ts';
import type { InstanceConfig, Variant } from './model.ts';

export type InstanceStatus =
  | 'LOADING'
  /** Takes jobs. */
  | 'READY'
  /** Finishes the jobs it has and gets no new one; never revived. */
  | 'DRAINING'
  /** Was told to go; its bytes count until it is confirmed gone. */
  | 'UNLOADING'
  /** Could not be loaded or broke; its bytes count until it is confirmed gone. */
  | 'FAILED'
  | 'GONE';

export type InstanceEvent = 'loaded' | 'break' | 'drain' | 'unload' | 'vanish';

/** from → event → to. A pair that is not here is illegal. */
const TRANSITIONS: Readonly<
  Record<InstanceStatus, Readonly<Partial<Record<InstanceEvent, InstanceStatus>>>>
> = {
  LOADING: { loaded: 'READY', break: 'FAILED', vanish: 'GONE' },
  READY: { drain: 'DRAINING', break: 'FAILED', vanish: 'GONE' },
  DRAINING: { unload: 'UNLOADING', break: 'FAILED', vanish: 'GONE' },
  UNLOADING: { vanish: 'GONE', break: 'FAILED' },
  FAILED: { vanish: 'GONE', unload: 'UNLOADING' },
  GONE: {},
};

/** @throws IllegalTransitionError where the table has none. */
export function nextInstanceStatus(from: InstanceStatus, event: InstanceEvent): InstanceStatus {
  const to = TRANSITIONS[from][event];
  if (!to) throw new IllegalTransitionError('An instance', from, event);
  return to;
}

export const LEAVE_CAUSES = [
  /** A model that is wanted needs its memory or its place. */
  'ROOM',
  /** Somebody reserved memory. */
  'RESERVATION',
  /** Programs outside took memory. */
  'FOREIGN_MEMORY',
  /** Nobody used it for as long as it is kept. */
  'KEEP_ALIVE',
  /** Its server loads nothing any more, and an unload wakes it. */
  'STUCK_SERVER',
  /** A person or a program asked for it. */
  'ASKED',
  /** Its name means other weights, or nothing. */
  'REPLACED',
  /** Its load failed, or it broke. */
  'FAILED',
] as const;

/** Why an instance is told to leave. */
export type LeaveCause = (typeof LEAVE_CAUSES)[number];

/** Bytes on each GPU; empty on a host without any. */
export type Footprint = readonly { readonly gpuId: GpuId; readonly bytes: number }[];

export interface Instance {
  readonly id: InstanceId;
  readonly backendId: BackendId;
  readonly variant: Variant;
  readonly config: InstanceConfig;
  readonly status: InstanceStatus;
  /** Predicted while it loads, measured afterwards. */
  readonly footprint: Footprint;
  /** Host memory that it may come to take; 0 where that is not watched. */
  readonly hostBytes: number;
  /** True when part of it went to the CPU although GPUs are there. */
  readonly spilled: boolean;
  /** The configuration allows that, because no GPU could ever hold it whole. Absent: it does not. */
  readonly partialOffload?: boolean;
  /** It was there already and was taken over: loaded by someone else, or by an earlier run of ours. */
  readonly adopted: boolean;
  readonly loadStartedAt: number;
  readonly loadedAt: number | null;
  readonly lastUsedAt: number;
  /** Jobs it runs or that were claimed for it. */
  readonly activeJobs: number;
}

/** Of all instances together where the parts are those of several. */
export function bytesOn(gpuId: GpuId, footprint: Footprint): number {
  return footprint.reduce((sum, part) => sum + (part.gpuId === gpuId ? part.bytes : 0), 0);
}

export function totalBytes(footprint: Footprint): number {
  return footprint.reduce((sum, { bytes }) => sum + bytes, 0);
}

export function footprintBytes({ footprint }: Pick<Instance, 'footprint'>): number {
  return totalBytes(footprint);
}
