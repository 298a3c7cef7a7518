/** The service model: how fast a machine works, loads and lets go. */
import { GiB } from '../../domain/units.ts';

export interface MachineSettings {
  /** Memory of each card. */
  readonly gpuBytes: readonly number[];
  /** Requests that a model runs at once. */
  readonly slots: number;
  /** Each of b requests of a model gets b^(exponent − 1) of what one gets alone. */
  readonly batchExponent: number;
  /** Models that work on one card at the same time share it evenly. */
  readonly modelsShareGpu: boolean;
  /** Of a load, beside what it reads. */
  readonly loadBaseMs: number;
  readonly loadBytesPerSecond: number;
  /** Loads at the same time share the disk evenly. */
  readonly loadsShareDisk: boolean;
  /** Whoever waits for a load looks this often whether it is ready; 0: it is told at once. */
  readonly readyPollMs: number;
  /** From the end of an instance until its memory is free. */
  readonly unloadLagMs: number;
}

/** One card as people have it: a load takes 1.2 s and a second for each 2.5 GB. */
export const USUAL_MACHINE: MachineSettings = {
  gpuBytes: [24 * GiB],
  slots: 4,
  batchExponent: 0.7,
  modelsShareGpu: true,
  loadBaseMs: 1_200,
  loadBytesPerSecond: 2.5e9,
  loadsShareDisk: true,
  readyPollMs: 0,
  unloadLagMs: 750,
};

/** What a load takes alone. */
export function loadMsAlone(machine: MachineSettings, readBytes: number): number {
  return machine.loadBaseMs + (1_000 * readBytes) / machine.loadBytesPerSecond;
}

/** How many times the work of one request a model gets done with all of its slots in use. */
export function fullThroughput({ slots, batchExponent }: MachineSettings): number {
  return slots ** batchExponent;
}
