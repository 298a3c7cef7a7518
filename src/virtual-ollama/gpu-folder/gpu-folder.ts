/** A folder that stands for the cards of a machine; every virtual Ollama started with it shares them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidSettingError } from '../../domain/errors.ts';
import type { GpuProcess, GpuShare, GpuState } from '../gpu-memory.ts';
import type { GpuDescription } from '../settings.ts';
import { isAlive } from './process-identity.ts';

/** `{ "gpus": [{ "totalBytes": …, "uuid"?: …, "name"?: … }] }` */
const GPUS_FILE = 'gpus.json';
/** `[{ "gpu": 0, "bytes": …, "name"?: …, "pid"?: … }]`: memory of programs that are no virtual engines. */
const FOREIGN_FILE = 'foreign.json';
/** One file `<pid>-<start ticks>.json` for each engine. */
export const ALLOCATIONS_FOLDER = 'allocations';

export interface ForeignMemory {
  readonly gpu: number;
  readonly bytes: number;
  readonly name?: string;
  readonly pid?: number;
}

export interface StoredAllocation {
  readonly name: string;
  readonly shares: readonly GpuShare[];
}

/** The pid under which foreign memory is shown that names none. */
const FOREIGN_PID = 2;

/** Readers never see half a file. */
export function writeWhole(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, JSON.stringify(value));
  renameSync(draft, path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new InvalidSettingError(`${path} cannot be read as JSON.`, { cause: error });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Makes the folder, or replaces the cards of one. An empty list is a machine without a GPU. */
export function createGpuFolder(folder: string, gpus: readonly GpuDescription[]): void {
  mkdirSync(join(folder, ALLOCATIONS_FOLDER), { recursive: true });
  writeWhole(join(folder, GPUS_FILE), { gpus });
}

/** Makes the folder unless it has cards already. */
export function ensureGpuFolder(folder: string, gpus: readonly GpuDescription[]): void {
  if (!existsSync(join(folder, GPUS_FILE))) createGpuFolder(folder, gpus);
}

/** @throws InvalidSettingError when the folder has no usable `gpus.json`. */
function readGpuDescriptions(folder: string): readonly Required<GpuDescription>[] {
  const path = join(folder, GPUS_FILE);
  const value = readJson(path);
  const list = isRecord(value) ? value.gpus : undefined;
  if (!Array.isArray(list)) {
    throw new InvalidSettingError(`${path} must be like { "gpus": [{ "totalBytes": 25769803776 }] }.`);
  }
  return list.map((gpu, index) => {
    const totalBytes = isRecord(gpu) ? gpu.totalBytes : undefined;
    if (!isRecord(gpu) || typeof totalBytes !== 'number' || !(totalBytes > 0))
      throw new InvalidSettingError(`${path}: GPU ${index} needs totalBytes, a number above 0.`);
    return {
      totalBytes,
      name: typeof gpu.name === 'string' ? gpu.name : 'Virtual GPU',
      uuid:
        typeof gpu.uuid === 'string'
          ? gpu.uuid
          : `GPU-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    };
  });
}

export function readForeign(folder: string): readonly ForeignMemory[] {
  const path = join(folder, FOREIGN_FILE);
  const value = readJson(path) ?? [];
  const usable = (entry: unknown): entry is ForeignMemory =>
    isRecord(entry) && typeof entry.gpu === 'number' && typeof entry.bytes === 'number';
  if (!Array.isArray(value) || !value.every(usable))
    throw new InvalidSettingError(`${path} must be a list like [{ "gpu": 0, "bytes": 1073741824 }].`);
  return value;
}

export function writeForeign(folder: string, foreign: readonly ForeignMemory[]): void {
  writeWhole(join(folder, FOREIGN_FILE), foreign);
}

const allocationName = (pid: number, startTicks: string) => `${pid}-${startTicks}.json`;

export function allocationPath(folder: string, pid: number, startTicks: string): string {
  return join(folder, ALLOCATIONS_FOLDER, allocationName(pid, startTicks));
}

export function removeAllocation(folder: string, pid: number, startTicks: string): void {
  rmSync(allocationPath(folder, pid, startTicks), { force: true });
}

/** What living processes hold. The files of dead ones are removed on the way: their names never come again. */
function readAllocations(folder: string): readonly (StoredAllocation & { readonly pid: number })[] {
  let names: readonly string[];
  try {
    names = readdirSync(join(folder, ALLOCATIONS_FOLDER));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const [, pidText, startTicks] = /^(\d+)-(\d+)\.json$/.exec(name) ?? [];
    if (pidText === undefined || startTicks === undefined) return [];
    const pid = Number(pidText);
    const stored = readJson(allocationPath(folder, pid, startTicks));
    if (!isAlive({ pid, startTicks })) {
      removeAllocation(folder, pid, startTicks);
      return [];
    }
    // It may have been given back since the folder was listed.
    return stored === undefined ? [] : [{ ...(stored as StoredAllocation), pid }];
  });
}

/** The cards with whatever holds memory now. */
export function readGpuFolder(folder: string): readonly GpuState[] {
  const allocations = readAllocations(folder);
  const foreign = readForeign(folder);
  return readGpuDescriptions(folder).map((gpu, index) => {
    const engines: readonly GpuProcess[] = allocations.flatMap(({ pid, name, shares }) =>
      shares
        .filter((share) => share.gpu === index && share.bytes > 0)
        .map((share) => ({ pid, name, usedBytes: share.bytes })),
    );
    const others: readonly GpuProcess[] = foreign
      .filter((entry) => entry.gpu === index && entry.bytes > 0)
      .map((entry) => ({
        pid: entry.pid ?? FOREIGN_PID,
        name: entry.name ?? 'other',
        usedBytes: entry.bytes,
      }));
    const processes = [...engines, ...others];
    const sum = processes.reduce((total, process) => total + process.usedBytes, 0);
    const usedBytes = Math.min(gpu.totalBytes, sum);
    return { index, ...gpu, usedBytes, freeBytes: gpu.totalBytes - usedBytes, processes };
  });
}
