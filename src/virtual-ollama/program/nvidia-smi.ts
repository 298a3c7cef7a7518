/** A virtual `nvidia-smi`: the queries that programs ask, answered from the folder of VIRTUAL_GPU_DIR. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../clock.ts';
import { MiB } from '../../domain/units.ts';
import { readGpuFolder } from '../gpu-folder/gpu-folder.ts';
import { activityOf, type GpuProcess, type GpuState } from '../gpu-memory.ts';

const STDOUT = 1;
const INVALID_ARGUMENT = 2;
const NO_DRIVER = 9;

const totalMib = (gpu: GpuState) => Math.floor(gpu.totalBytes / MiB);
const usedMib = (gpu: GpuState) => Math.min(totalMib(gpu), Math.ceil(gpu.usedBytes / MiB));

type Column<Row> = readonly [unit: 'MiB' | 'W' | '%' | '', value: (row: Row) => string | number];

/** `2026/11/21 17:04:33.123`, local time as the real one tells it. */
function timestamp(): string {
  const now = new Date(systemClock.now());
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const day = [now.getFullYear(), pad(now.getMonth() + 1), pad(now.getDate())].join('/');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => pad(part)).join(':');
  return `${day} ${time}.${pad(now.getMilliseconds(), 3)}`;
}

const GPU_COLUMNS: Readonly<Record<string, Column<GpuState>>> = {
  timestamp: ['', timestamp],
  index: ['', (gpu) => gpu.index],
  uuid: ['', (gpu) => gpu.uuid],
  gpu_uuid: ['', (gpu) => gpu.uuid],
  name: ['', (gpu) => gpu.name],
  gpu_name: ['', (gpu) => gpu.name],
  count: ['', () => 1],
  driver_version: ['', () => '580.00'],
  'mig.mode.current': ['', () => '[N/A]'],
  'memory.total': ['MiB', totalMib],
  'memory.used': ['MiB', usedMib],
  'memory.free': ['MiB', (gpu) => totalMib(gpu) - usedMib(gpu)],
  'memory.reserved': ['MiB', () => 0],
  'power.draw': ['W', (gpu) => activityOf(gpu).powerWatts.toFixed(2)],
  'temperature.gpu': ['', (gpu) => activityOf(gpu).temperatureCelsius],
  'utilization.gpu': ['%', (gpu) => Math.round(activityOf(gpu).utilization * 100)],
};

interface ProcessRow {
  readonly gpu: GpuState;
  readonly process: GpuProcess;
}

const PROCESS_COLUMNS: Readonly<Record<string, Column<ProcessRow>>> = {
  gpu_uuid: ['', ({ gpu }) => gpu.uuid],
  gpu_name: ['', ({ gpu }) => gpu.name],
  pid: ['', ({ process: { pid } }) => pid],
  process_name: ['', ({ process: { name } }) => name],
  name: ['', ({ process: { name } }) => name],
  used_memory: ['MiB', ({ process: { usedBytes } }) => Math.ceil(usedBytes / MiB)],
  used_gpu_memory: ['MiB', ({ process: { usedBytes } }) => Math.ceil(usedBytes / MiB)],
};

interface Answer {
  readonly text: string;
  readonly exitCode: number;
}

interface Format {
  readonly header: boolean;
  readonly units: boolean;
}

function table<Row>(
  rows: readonly Row[],
  fields: readonly string[],
  columns: Readonly<Record<string, Column<Row>>>,
  format: Format,
): Answer {
  const chosen: Column<Row>[] = [];
  for (const field of fields) {
    const column = columns[field];
    if (!column)
      return { text: `Field "${field}" is not a valid field to query.\n\n`, exitCode: INVALID_ARGUMENT };
    chosen.push(column);
  }
  const cell = ([unit, value]: Column<Row>, row: Row) =>
    unit && format.units ? `${value(row)} ${unit}` : String(value(row));
  const titleOf = (field: string, unit: string | undefined) => (unit ? `${field} [${unit}]` : field);
  const head = fields.map((field, place) => titleOf(field, chosen[place]?.[0])).join(', ');
  const lines = rows.map((row) => chosen.map((column) => cell(column, row)).join(', '));
  const all = format.header ? [head, ...lines] : lines;
  return { text: all.map((line) => `${line}\n`).join(''), exitCode: 0 };
}

/** What the tool prints for these arguments, and its exit code. */
function nvidiaSmi(args: readonly string[], folder: string | undefined): Answer {
  if (!folder) {
    return {
      text: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver: VIRTUAL_GPU_DIR is not set.\n",
      exitCode: NO_DRIVER,
    };
  }
  const gpus = readGpuFolder(folder);
  if (gpus.length === 0) return { text: 'No devices were found\n', exitCode: 6 };
  const optionOf = (name: string) => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
  const words = (optionOf('--format') ?? '').split(',');
  const format = { header: !words.includes('noheader'), units: !words.includes('nounits') };
  const fields = (text: string) => text.split(',').map((field) => field.trim());
  const gpuQuery = optionOf('--query-gpu');
  if (gpuQuery !== undefined) return table(gpus, fields(gpuQuery), GPU_COLUMNS, format);
  const processQuery = optionOf('--query-compute-apps');
  if (processQuery !== undefined) {
    const rows = gpus.flatMap((gpu) => gpu.processes.map((process) => ({ gpu, process })));
    return table(rows, fields(processQuery), PROCESS_COLUMNS, format);
  }
  if (args.includes('-L'))
    return {
      text: gpus.map(({ index, name, uuid }) => `GPU ${index}: ${name} (UUID: ${uuid})\n`).join(''),
      exitCode: 0,
    };
  return {
    text: `Invalid combination of input arguments: ${args.join(' ')}. The virtual nvidia-smi answers --query-gpu, --query-compute-apps and -L.\n`,
    exitCode: INVALID_ARGUMENT,
  };
}

function answer(args: readonly string[]): Answer {
  try {
    return nvidiaSmi(args, process.env.VIRTUAL_GPU_DIR);
  } catch (error) {
    return {
      text: `NVIDIA-SMI has failed: ${error instanceof Error ? error.message : String(error)}\n`,
      exitCode: NO_DRIVER,
    };
  }
}

/** Milliseconds between two answers; null for a single one. */
function periodMs(args: readonly string[]): number | null {
  for (const [place, arg] of args.entries()) {
    const [name = '', value = args[place + 1]] = arg.split('=');
    if (name === '-lms' || name === '--loop-ms') return Number(value);
    if (name === '-l' || name === '--loop') return 1000 * Number(value);
  }
  return null;
}

/** Prints until an answer is a failure or nobody reads any more. The header comes once. */
function run(args: readonly string[]): void {
  const period = periodMs(args);
  const following = args.map((arg) => (arg.startsWith('--format=') ? `${arg},noheader` : arg));
  for (let next = args; ; next = following) {
    const { text, exitCode } = answer(next);
    process.exitCode = exitCode;
    if (!written(text) || period === null || exitCode !== 0) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, period);
  }
}

function written(text: string): boolean {
  try {
    writeSync(STDOUT, text);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return false;
    throw error;
  }
}

run(process.argv.slice(2));
