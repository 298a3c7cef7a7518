/** The comma-separated answers of nvidia-smi. Sizes are in MiB; what the driver cannot tell stands in brackets: `[N/A]`, `[Not Supported]`, … */
import type { ForeignProcess, GpuActivity } from '../domain/gpu.ts';
import { MiB } from '../domain/units.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

/** The name stands before two figures and after the rest: it may hold commas itself. */
export const GPU_FIELDS = [
  'index',
  'uuid',
  'mig.mode.current',
  'memory.reserved',
  'utilization.gpu',
  'power.draw',
  'temperature.gpu',
  'name',
  'memory.total',
  'memory.used',
] as const;

export type GpuField = (typeof GPU_FIELDS)[number];

/** Nothing is decided by these: a tool that does not have them, or prints anything else in their place, is read without them. */
const ACTIVITY_FIELDS = ['utilization.gpu', 'power.draw', 'temperature.gpu'] as const;

/** Fields that older drivers refuse: MIG came with 450, the reserved memory as a figure of its own with 510. */
const NEWER_FIELDS: readonly GpuField[] = ['mig.mode.current', 'memory.reserved', ...ACTIVITY_FIELDS];

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
  readonly activity: GpuActivity;
}

/** What an answer shows. Whatever stands around the rows, warnings for example, is no part of it. */
export interface GpuTable {
  readonly gpus: readonly NvidiaGpu[];
  /** Of each GPU that is there and cannot be read: which, why, and what to do. */
  readonly problems: readonly string[];
}

export function parseGpus(text: string, fields: readonly GpuField[] = GPU_FIELDS): GpuTable {
  const gpus = new Map<string, NvidiaGpu>();
  const problems = new Set<string>();
  for (const line of lines(text)) {
    const row = parseRow(line, fields);
    if (typeof row === 'string') problems.add(row);
    // Some versions repeat a row.
    else if (row && !gpus.has(row.uuid)) gpus.set(row.uuid, row);
  }
  return { gpus: [...gpus.values()], problems: [...problems] };
}

/** The tool names a GPU that it cannot open in place of its row; some versions then leave out the others too. */
const LOST = /(determine|detect) the device handle|GPU is lost|fallen off the bus|requires reset/i;

/** Whether a GPU is named that the tool could not open. */
export function namesLostGpu(text: string): boolean {
  return lines(text).some((line) => LOST.test(line));
}

/** A GPU, or what is wrong with one; null for a line that is about something else. */
function parseRow(line: string, asked: readonly GpuField[]): NvidiaGpu | string | null {
  const cells = line.split(',').map((cell) => cell.trim());
  const fields = fieldsIn(cells, asked);
  const namePlace = fields.indexOf('name');
  const following = fields.length - namePlace - 1;
  const cell = (field: GpuField) => {
    const place = fields.indexOf(field);
    if (place < 0) return undefined;
    return place < namePlace ? cells[place] : cells.at(place - fields.length);
  };
  const [index = '', uuid = ''] = cells;
  const isWhole = cells.length >= fields.length && /^GPU-\S/.test(uuid) && /^\d+$/.test(index);
  if (!isWhole) return isBrokenRow(cells, fields) || LOST.test(line) ? unreadable(line) : null;
  const name = cells.slice(namePlace, -following).join(', ');
  const sliced = cell('mig.mode.current') === 'Enabled';
  const [total, used, reserved] = [
    mebibytes(cell('memory.total')),
    mebibytes(cell('memory.used')),
    mebibytes(cell('memory.reserved') ?? UNTOLD),
  ];
  if (total === 'broken' || used === 'broken' || reserved === 'broken' || total === 0)
    return unreadable(line);
  if (total === null && !sliced) return withoutTotal(Number(index), name, cell('memory.total') ?? '');
  return {
    index: Number(index),
    uuid,
    name,
    sliced,
    totalBytes: Math.max(0, (total ?? 0) - (reserved ?? 0)),
    usedBytes: used,
    activity: {
      utilization: share(figure(cell('utilization.gpu'))),
      powerWatts: figure(cell('power.draw')),
      temperatureCelsius: figure(cell('temperature.gpu')),
    },
  };
}

/** What of that a row has: some tools leave out columns that they have nothing for. */
function fieldsIn(cells: readonly string[], asked: readonly GpuField[]): readonly GpuField[] {
  const isActivity = (field: GpuField) => ACTIVITY_FIELDS.some((each) => each === field);
  const isThere = asked.every(
    (field, place) => !isActivity(field) || /^(-?\d+(\.\d+)?|\[.*\]|N\/A|ERR!)$/i.test(cells[place] ?? ''),
  );
  return isThere && cells.length >= asked.length ? asked : asked.filter((field) => !isActivity(field));
}

/** Null for whatever is none. */
function figure(cell: string | undefined): number | null {
  return cell !== undefined && /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : null;
}

function share(percent: number | null): number | null {
  return percent === null ? null : Math.min(1, Math.max(0, percent / 100));
}

/** One that was cut off, or whose every cell says that the GPU does not answer. */
function isBrokenRow(cells: readonly string[], fields: readonly GpuField[]): boolean {
  const [index = '', uuid = ''] = cells;
  if (/^\d+$/.test(index) && (/^GPU-/.test(uuid) || 'GPU-'.startsWith(uuid))) return true;
  return cells.length >= fields.length && cells.every((cell) => /^(\[.*\]|ERR!|\d+)$/i.test(cell));
}

/** How much memory of a GPU was in use at one instant. */
export interface MemorySample {
  readonly uuid: string;
  /** Null when the driver does not tell. */
  readonly usedBytes: number | null;
  /** Epoch milliseconds, by the clock on the wall where a line tells it. */
  readonly sampledAt: number;
}

/** A line of the answer to LOOP_QUERY; null when it is none. Its time, `2026/11/21 17:04:33.123`, is taken for UTC. */
export function parseSample(line: string): MemorySample | null {
  const match =
    /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3}), (GPU-[^\s,]+), (\d+|\[.*\]|N\/A)\s*$/.exec(line);
  if (!match) return null;
  const [year = 0, month = 0, ...rest] = match.slice(1, 8).map(Number);
  const [uuid = '', used] = match.slice(8);
  const usedBytes = mebibytes(used);
  if (usedBytes === 'broken') return null;
  return { uuid, usedBytes, sampledAt: Date.UTC(year, month - 1, ...rest) };
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

const UNTOLD = '[N/A]';

/**
 * Null where the driver does not tell by design. `ERR!`, `[Unknown Error]`, `[GPU is lost]`, `[GPU requires reset]` and whatever else is
 * no figure tell of a GPU that does not answer: taken for untold, its memory would be given out as free.
 */
function mebibytes(cell: string | undefined): number | null | 'broken' {
  const amount = /^(\d+)(?: MiB)?$/.exec(cell ?? '')?.[1];
  if (amount !== undefined) return Number(amount) * MiB;
  return /^\[?(N\/A|Not (Supported|Available|Found)|Insufficient Permissions)\]?$/i.test(cell ?? '')
    ? null
    : 'broken';
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

export function notUnderstood(text: string): GpuProbeError {
  return new GpuProbeError(
    `nvidia-smi answered "${text.slice(0, 200)}", which is not understood. Run \`nvidia-smi ${gpuQuery(GPU_FIELDS).join(' ')}\` by hand, or set "probe: fixed" with the total of each GPU.`,
  );
}

/** In the words of the tool, which name the GPU. */
function unreadable(line: string): string {
  return `nvidia-smi cannot read a GPU: "${line.trim().slice(0, 200)}". No model is loaded onto it. Look into the kernel log (\`dmesg | grep NVRM\`); it may need a reset (\`nvidia-smi --gpu-reset\`) or a reboot.`;
}

/** A MIG slice hides its card's from ordinary users; unified memory (DGX Spark, Jetson, Grace) has no size of its own. */
function withoutTotal(index: number, name: string, said: string): string {
  const fixed = `gpus: [{ index: ${index}, probe: fixed, total: … }]`;
  return /permission/i.test(said)
    ? `The driver keeps the memory of GPU ${index} (${name}) to itself (${said}), as it does where MIG hides it. Check the rights of this user, or set the total: ${fixed}.`
    : `GPU ${index} (${name}) has unified memory: it shares the host's, and the driver tells no total (${said}). Set how much of it models may take: ${fixed}.`;
}
