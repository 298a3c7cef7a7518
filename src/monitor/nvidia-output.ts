/** The comma-separated answers of nvidia-smi. Sizes are in MiB; what the driver cannot tell stands in brackets: `[N/A]`, `[Not Supported]`, … */
import type { ForeignProcess } from '../domain/gpu.ts';
import { MiB } from '../domain/units.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

/** The name stands before two figures and after the rest: it may hold commas itself. */
export const GPU_FIELDS = [
  'index',
  'uuid',
  'mig.mode.current',
  'memory.reserved',
  'name',
  'memory.total',
  'memory.used',
] as const;

export type GpuField = (typeof GPU_FIELDS)[number];

/** Fields that older drivers refuse: MIG came with 450, the reserved memory as a figure of its own with 510. */
const NEWER_FIELDS: readonly GpuField[] = ['mig.mode.current', 'memory.reserved'];

const FORMAT = '--format=csv,noheader,nounits';

export const PROCESS_QUERY = ['--query-compute-apps=gpu_uuid,pid,process_name,used_memory', FORMAT];

/** For a tool that repeats itself: each line tells when it was measured. */
export const LOOP_QUERY = ['--query-gpu=timestamp,uuid,memory.used', FORMAT];

export function gpuQuery(fields: readonly GpuField[]): readonly string[] {
  return [`--query-gpu=${fields.join(',')}`, FORMAT];
}

/** The field that this nvidia-smi is too old for, when that is what it says. */
export function refusedField(said: string): GpuField | null {
  const name = /Field "([^"]+)" is not a valid field/.exec(said)?.[1];
  return NEWER_FIELDS.find((field) => field === name) ?? null;
}

export interface NvidiaGpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** Whether MIG cuts it into slices, which have the memory then. */
  readonly sliced: boolean;
  /** What programs can have: without the part that the driver reserves. 0 when it is sliced and the driver does not tell. */
  readonly totalBytes: number;
  /** Null when the driver does not tell. */
  readonly usedBytes: number | null;
}

/** @throws GpuProbeError when a line is not a GPU, or the driver does not tell how much memory one has */
export function parseGpus(text: string, fields: readonly GpuField[] = GPU_FIELDS): readonly NvidiaGpu[] {
  return lines(text).map((line) => parseGpu(line, fields));
}

function parseGpu(line: string, fields: readonly GpuField[]): NvidiaGpu {
  const cells = line.split(',').map((cell) => cell.trim());
  const namePlace = fields.indexOf('name');
  const following = fields.length - namePlace - 1;
  const cell = (field: GpuField) => {
    const place = fields.indexOf(field);
    if (place < 0) return undefined;
    return place < namePlace ? cells[place] : cells.at(place - fields.length);
  };
  const [index, uuid] = [cell('index'), cell('uuid')];
  if (cells.length < fields.length || !/^\d+$/.test(index ?? '') || !uuid?.startsWith('GPU-'))
    throw notUnderstood(line);
  const name = cells.slice(namePlace, -following).join(', ');
  const sliced = cell('mig.mode.current') === 'Enabled';
  const totalBytes = mebibytes(cell('memory.total')) ?? 0;
  if (totalBytes === 0 && !sliced) throw withoutTotal(name, cell('memory.total'));
  const reservedBytes = fields.includes('memory.reserved') ? (mebibytes(cell('memory.reserved')) ?? 0) : 0;
  return {
    index: Number(index),
    uuid,
    name,
    sliced,
    totalBytes: Math.max(0, totalBytes - reservedBytes),
    usedBytes: mebibytes(cell('memory.used')),
  };
}

/** How much memory of a GPU was in use at one instant. */
export interface MemorySample {
  readonly uuid: string;
  /** Null when the driver does not tell. */
  readonly usedBytes: number | null;
  /** Epoch milliseconds. */
  readonly sampledAt: number;
}

/** A line of the answer to LOOP_QUERY; null when it is none. Its time, `2026/11/21 17:04:33.123`, is taken for UTC. */
export function parseSample(line: string): MemorySample | null {
  const match =
    /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3}), (GPU-[^\s,]+), (\d+|\[.*\]|N\/A)\s*$/.exec(line);
  if (!match) return null;
  const [year = 0, month = 0, ...rest] = match.slice(1, 8).map(Number);
  const [uuid = '', used] = match.slice(8);
  return { uuid, usedBytes: mebibytes(used), sampledAt: Date.UTC(year, month - 1, ...rest) };
}

/**
 * The processes of each GPU by its UUID. A line that cannot be read, or a process whose memory the driver does not tell (as under
 * Windows and WSL), is left out: the figures of the GPU count all the same. A process chooses its own name, commas and all.
 */
export function parseProcesses(text: string): ReadonlyMap<string, readonly ForeignProcess[]> {
  const found = lines(text).flatMap((line) => {
    const match = /^\s*([^\s,]+)\s*,\s*(\d+)\s*,\s*(.*?)\s*,\s*(\d+)\s*$/.exec(line);
    if (!match) return [];
    const [, uuid = '', pid, name = '', used] = match;
    return [{ uuid, pid: Number(pid), name: processName(name), bytes: Number(used) * MiB }];
  });
  const byGpu = Map.groupBy(found, (process) => process.uuid);
  return new Map(
    [...byGpu].map(([uuid, processes]) => [
      uuid,
      processes.map(({ pid, name, bytes }) => ({ pid, name, bytes })),
    ]),
  );
}

/** Null for what stands in brackets: `[Not Found]`, `[Insufficient Permissions]`. */
export function processName(text: string): string | null {
  return text === '' || text === 'N/A' || text.startsWith('[') ? null : text;
}

/** Null for what stands in brackets. */
function mebibytes(field: string | undefined): number | null {
  if (field === undefined || !/^\d+$/.test(field)) {
    if (field === undefined || !/^\[.*\]$|^N\/A$/.test(field)) throw notUnderstood(field ?? '');
    return null;
  }
  return Number(field) * MiB;
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

export function notUnderstood(text: string): GpuProbeError {
  return new GpuProbeError(
    `nvidia-smi answered "${text.slice(0, 200)}", which is not understood. Run \`nvidia-smi ${gpuQuery(GPU_FIELDS).join(' ')}\` by hand, or set "probe: fixed" with the total of each GPU.`,
  );
}

/** Unified memory (DGX Spark, Jetson) has no memory of its own; a MIG slice hides its card's from ordinary users. */
function withoutTotal(name: string, said: string | undefined): GpuProbeError {
  return new GpuProbeError(
    `The driver does not tell how much memory ${name} has (${said}): it shares the host's, or MIG hides it. Set "probe: fixed" with a total for it.`,
  );
}
