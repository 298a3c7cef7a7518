/** How many GPU workers of another program fit beside what is there, and how much memory each may use. */
import type { VramUsage } from '../domain/gpu.ts';
import { formatBytes, GiB } from '../domain/units.ts';

export interface WorkerQuestion {
  /** Of the one GPU that the workers will share. */
  readonly usage: VramUsage;
  /** For people. */
  readonly gpuName: string;
  /** Null for as many as fit. */
  readonly maxWorkers: number | null;
  /** Above 0. */
  readonly maxWorkersPerGib: number;
  /** At least 1. */
  readonly minBytesPerWorker: number;
}

export interface WorkerAllocation {
  /** 0: run the workers on the CPU. */
  readonly workers: number;
  /** What each worker may use; 0 without workers. */
  readonly bytesPerWorker: number;
  /** Of the ledger: what is left after headroom, reservations, foreign memory and instances. */
  readonly freeBytes: number;
  /** A line for each figure and each rule. */
  readonly explanation: readonly string[];
}

/** Takes back what floating point loses: 100 × 0.29 is 28.999999999999996, and means 29. */
const ROUNDING = 1e-9;

/** workers = min(⌊free × maxWorkersPerGib⌋, ⌊free / minBytesPerWorker⌋, maxWorkers), with free in GiB in the first rule. */
export function allocateWorkers(question: WorkerQuestion): WorkerAllocation {
  const { usage, maxWorkers, maxWorkersPerGib, minBytesPerWorker } = question;
  const { freeBytes } = usage;
  const byDensity = Math.floor((freeBytes / GiB) * maxWorkersPerGib + ROUNDING);
  const bySize = Math.floor(freeBytes / minBytesPerWorker);
  const workers = Math.min(byDensity, bySize, maxWorkers ?? Number.MAX_SAFE_INTEGER);
  const bytesPerWorker = workers === 0 ? 0 : Math.floor(freeBytes / workers);
  const explanation = [
    ...ledgerLines(question),
    `At most ${maxWorkersPerGib} workers per free GiB: ${decimal(freeBytes / GiB)} x ${maxWorkersPerGib} = ${decimal((freeBytes / GiB) * maxWorkersPerGib)}, so ${byDensity}.`,
    `At least ${formatBytes(minBytesPerWorker)} for each: ${formatBytes(freeBytes)} / ${formatBytes(minBytesPerWorker)} = ${decimal(freeBytes / minBytesPerWorker)}, so ${bySize}.`,
    maxWorkers === null ? 'No upper limit was given.' : `At most ${maxWorkers} were asked for.`,
    workers === 0
      ? 'Result: 0 workers. Run them on the CPU.'
      : `Result: ${workers} ${workers === 1 ? 'worker' : 'workers'} of ${formatBytes(bytesPerWorker)}${workers === 1 ? '' : ' each'}.`,
  ];
  return { workers, bytesPerWorker, freeBytes, explanation };
}

function ledgerLines({ usage, gpuName }: WorkerQuestion): readonly string[] {
  const rows: readonly (readonly [string, number])[] = [
    ['total', usage.totalBytes],
    ['- headroom', usage.headroomBytes],
    ['- reserved', usage.reservedBytes],
    ['- foreign', usage.foreignBytes],
    ['- instances', usage.instanceBytes],
    ['= free', usage.freeBytes],
  ];
  const lines = rows.map(([name, bytes]) => `  ${name.padEnd(12)}${formatBytes(bytes).padStart(10)}`);
  const short =
    usage.deficitBytes > 0
      ? [`  The claims exceed the card by ${formatBytes(usage.deficitBytes)}, so nothing is free.`]
      : [];
  return [`${gpuName}, of which ${formatBytes(usage.usedBytes)} are in use:`, ...lines, ...short];
}

/** Never more than it is: 5.999 is no 6 where only whole ones count. */
function decimal(value: number): string {
  return String(Math.floor(value * 100 + ROUNDING) / 100);
}
