/** What generated workloads are made by. */
import type { JobPriority } from '../../domain/job.ts';
import type { MachineSettings } from '../machine/settings.ts';
import type { Draws } from './draws.ts';
import type { Workload } from './workload.ts';

export interface WorkloadSettings {
  readonly jobs: number;
  /** Arrivals a second, where they come one by one. */
  readonly ratePerSecond: number;
  readonly models: number;
  /** The k-th model is asked for in proportion to k^(−zipf). */
  readonly zipf: number;
  readonly priorities: 'equal' | 'mixed';
  readonly machine: MachineSettings;
}

export type Generator = (settings: WorkloadSettings, draws: Draws) => Workload;

/** Work of a job alone on its model: five seconds in the mean. */
const MEDIAN_WORK_MS = 3_600;
const WORK_SPREAD = 0.8;

export function drawnWorkMs(draws: Draws): number {
  return draws.logNormal(MEDIAN_WORK_MS, WORK_SPREAD);
}

/** Of three jobs in ten somebody waits for the answer; two in ten have time. */
const SHARES: readonly (readonly [JobPriority, number])[] = [
  ['HIGH', 3],
  ['NORMAL', 5],
  ['LOW', 2],
];

export function drawnPriority({ priorities }: WorkloadSettings, draws: Draws): JobPriority {
  if (priorities === 'equal') return 'NORMAL';
  const place = draws.weighted(SHARES.map(([, share]) => share));
  return SHARES[place]?.[0] ?? 'NORMAL';
}

export const ONE_CLIENT = 'client';

export function mostCardBytes({ gpuBytes }: MachineSettings): number {
  return gpuBytes.reduce((most, bytes) => Math.max(most, bytes), 0);
}
