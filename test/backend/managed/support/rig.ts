/** Managed backends on a virtual machine: cards and models of its own, real processes, and the proof at the end that none is left. */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterEach, expect } from 'vitest';
import {
  createManagedOllamaBackend,
  type ManagedOllama,
} from '../../../../src/backend/managed/managed-backend.ts';
import type { ManagedOllamaOptions } from '../../../../src/backend/managed/settings.ts';
import { parseStat } from '../../../../src/backend/supervisor/proc/stat.ts';
import { systemClock, systemRandom } from '../../../../src/clock.ts';
import type { InstanceHandle, LoadSpec } from '../../../../src/domain/backend.ts';
import type { ModelInfo } from '../../../../src/domain/model.ts';
import { MiB } from '../../../../src/domain/units.ts';
import { silentLogger } from '../../../../src/telemetry/logger.ts';
import {
  type FolderEvent,
  readFolderEvents,
} from '../../../../src/virtual-ollama/gpu-folder/folder-events.ts';
import {
  type FolderFaultSettings,
  FolderFaults,
} from '../../../../src/virtual-ollama/gpu-folder/folder-faults.ts';
import { createGpuFolder, readGpuFolder } from '../../../../src/virtual-ollama/gpu-folder/gpu-folder.ts';
import { createModelFolder } from '../../../../src/virtual-ollama/model-folder/create-model-folder.ts';

export const BINARY = resolve(import.meta.dirname, '../../../../bin/virtual-ollama-cell.js');
const signal = new AbortController().signal;

export interface Rig {
  /** Everything of this machine is below it. */
  readonly folder: string;
  readonly dataDir: string;
  readonly models: string;
  readonly gpus: string;
  /** For whoever starts a server on this machine. */
  readonly env: Readonly<Record<string, string>>;
  fail(faults: FolderFaultSettings): void;
  events(): readonly FolderEvent[];
  usedBytes(gpu: number): number;
}

const rigs: string[] = [];
const stops: (() => Promise<void>)[] = [];

/** What runs on a rig and ends before the proof that nothing is left on it. */
export function stopAtEnd(stop: () => Promise<void>): void {
  stops.push(stop);
}

/** @param gpuMib one card for each. @param speed of its engines, in times of a real one's. */
export function createRig(gpuMib: readonly number[] = [4096], speed = 20): Rig {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'vramkeeper-rig-')));
  rigs.push(folder);
  const [dataDir, models, gpus] = ['data', 'models', 'gpus'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  createGpuFolder(
    gpus,
    gpuMib.map((mib) => ({ totalBytes: mib * MiB })),
  );
  createModelFolder(models);
  return {
    folder,
    dataDir,
    models,
    gpus,
    env: { VIRTUAL_GPU_DIR: gpus, VIRTUAL_SPEED: String(speed) },
    fail: (faults) => new FolderFaults(gpus).set(faults),
    events: () => readFolderEvents(gpus),
    usedBytes: (gpu) => readGpuFolder(gpus)[gpu]?.usedBytes ?? 0,
  };
}

export function backendOptions(rig: Rig, more: Partial<ManagedOllamaOptions> = {}): ManagedOllamaOptions {
  return {
    name: 'rig',
    binary: BINARY,
    models: rig.models,
    dataDir: rig.dataDir,
    defaults: {
      contextLength: 4096,
      instance: { parallel: 2, kvCacheType: 'f16', flashAttention: null },
      parallelLoads: 2,
      fitTargetBytes: 0,
      promptCacheBytes: 0,
    },
    warmCells: 0,
    env: rig.env,
    keep: false,
    surroundings: {
      ...process.env,
      // The program is a script: the Node of the tests runs it.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    ...more,
  };
}

/** Started; stopped after the test. */
export async function startBackend(
  rig: Rig,
  more: Partial<ManagedOllamaOptions> = {},
): Promise<ManagedOllama> {
  const backend = createManagedOllamaBackend(backendOptions(rig, more));
  stopAtEnd(() => backend.stop());
  await backend.start();
  return backend;
}

export async function modelsOf(backend: ManagedOllama): Promise<ReadonlyMap<string, ModelInfo>> {
  const models = await backend.library.list(signal);
  return new Map(models.map((model) => [model.name, model]));
}

/** To be loaded onto these cards of the rig. */
export async function specOf(
  backend: ManagedOllama,
  rig: Rig,
  modelName: string,
  gpus: readonly number[] = [0],
  parallel = 2,
): Promise<LoadSpec> {
  const model = (await modelsOf(backend)).get(modelName);
  if (!model) throw new Error(`There is no ${modelName}.`);
  const cards = readGpuFolder(rig.gpus);
  return {
    variant: {
      modelName,
      weights: model.weights,
      contextLength: 2048,
      options: { num_ctx: 2048, num_gpu: 999 },
      embedding: !model.capabilities.includes('completion'),
    },
    config: { parallel, kvCacheType: 'f16', flashAttention: null },
    gpus: gpus.map((index) => ({ key: cards[index]?.uuid ?? '', index })),
  };
}

export async function load(
  backend: ManagedOllama,
  rig: Rig,
  modelName: string,
  ...rest: [gpus?: readonly number[], parallel?: number]
): Promise<InstanceHandle> {
  return backend.load(await specOf(backend, rig, modelName, ...rest), signal);
}

/** The text of a generation. */
export async function say(
  handle: InstanceHandle,
  modelName: string,
  options: { readonly maxTokens?: number; readonly onText?: (text: string) => void } = {},
): Promise<string> {
  let said = '';
  const request = {
    kind: 'GENERATE',
    prompt: 'Say something.',
    options: { maxTokens: options.maxTokens ?? 4 },
  } as const;
  await handle.run(
    { modelName, request, blobs: new Map() },
    ({ text }) => {
      said += text;
      options.onText?.(text);
    },
    signal,
  );
  return said;
}

/** What a promise was rejected with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It was not rejected.');
    },
    (error: unknown) => error,
  );
}

/** Living processes that were started on this machine, by its mark in their environment. */
export function livingOn(rig: Pick<Rig, 'gpus'>): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        return environment.includes(`VIRTUAL_GPU_DIR=${rig.gpus}`) && isAlive(Number(name));
      } catch {
        return false;
      }
    })
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

export function isAlive(pid: number): boolean {
  try {
    const state = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.state;
    return state !== undefined && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

/** Of the newest load on this machine. */
export function enginePid(rig: Rig): number {
  const start = rig.events().findLast(({ kind }) => kind === 'start');
  if (start?.kind !== 'start') throw new Error('No engine was started.');
  return start.pid;
}

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  for (const folder of rigs.splice(0)) {
    const left = livingOn({ gpus: join(folder, 'gpus') });
    for (const pid of left) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    expect(left, 'processes left behind').toEqual([]);
  }
});
