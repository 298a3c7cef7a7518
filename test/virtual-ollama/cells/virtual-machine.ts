/** A machine of virtual GPUs in a folder of its own, and the virtual `ollama serve` processes on it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type FolderEvent, readFolderEvents } from '../../../src/virtual-ollama/gpu-folder/folder-events.ts';
import { FolderFaults } from '../../../src/virtual-ollama/gpu-folder/folder-faults.ts';
import { FolderGpuMemory } from '../../../src/virtual-ollama/gpu-folder/folder-gpu-memory.ts';
import { createGpuFolder } from '../../../src/virtual-ollama/gpu-folder/gpu-folder.ts';
import { identify } from '../../../src/virtual-ollama/gpu-folder/process-identity.ts';
import type { ModelDescription } from '../../../src/virtual-ollama/index.ts';
import { createModelFolder } from '../../../src/virtual-ollama/model-folder/create-model-folder.ts';
import { eventually } from '../../support/eventually.ts';
import { askJson } from '../client.ts';

export const GIB = 2 ** 30;
export const MIB = 2 ** 20;
export const CELL = resolve(import.meta.dirname, '../../../bin/virtual-ollama-cell.js');
export const SMI = resolve(import.meta.dirname, '../../../bin/virtual-nvidia-smi.js');

/** 1 GiB of weights; with its cache and buffers 1.4 GiB at the default context. */
export const SMALL: ModelDescription = {
  name: 'small:1b',
  weightsBytes: GIB,
  facts: {
    architecture: 'llama',
    blockCount: 10,
    contextLength: 8_192,
    embeddingLength: 1_024,
    feedForwardLength: 4_096,
    headCount: 16,
    headCountKv: 4,
    vocabSize: 32_000,
  },
};
export const OTHER: ModelDescription = { ...SMALL, name: 'other:1b' };

export type Environment = Readonly<Record<string, string>>;

export interface Cell {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Once it has told its port. */
  readonly url: string;
  log(): string;
  /** Sends the signal to the server alone, and waits for its end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly value: unknown }>;
  /** An empty request with every layer on the GPU. */
  load(model: string, options?: object): Promise<{ readonly status: number; readonly value: unknown }>;
  ps(): Promise<readonly { readonly name: string; readonly size: number; readonly size_vram: number }[]>;
}

export class VirtualMachine implements AsyncDisposable {
  readonly folder: string;
  readonly memory: FolderGpuMemory;
  readonly faults: FolderFaults;
  readonly gpuFolder: string;
  readonly modelFolder: string;
  readonly home: string;
  readonly #started: ChildProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.gpuFolder = join(folder, 'gpus');
    this.modelFolder = join(folder, 'models');
    this.home = join(folder, 'home');
    this.memory = new FolderGpuMemory(this.gpuFolder);
    this.faults = new FolderFaults(this.gpuFolder);
  }

  static async create(
    gpus: readonly number[] = [4 * GIB],
    catalog: readonly ModelDescription[] = [SMALL, OTHER],
  ): Promise<VirtualMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'virtual-machine-'));
    createGpuFolder(
      join(folder, 'gpus'),
      gpus.map((totalBytes) => ({ totalBytes })),
    );
    createModelFolder(join(folder, 'models'), catalog);
    await mkdir(join(folder, 'home'));
    return new VirtualMachine(folder);
  }

  environment(extra: Environment = {}): Environment {
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.home,
      OLLAMA_HOST: '127.0.0.1:0',
      OLLAMA_MODELS: this.modelFolder,
      OLLAMA_NOPRUNE: '1',
      OLLAMA_KEEP_ALIVE: '-1',
      VIRTUAL_GPU_DIR: this.gpuFolder,
      VIRTUAL_SPEED: '10',
      ...extra,
    };
  }

  /** Starts one in a process group of its own, as an executable, with its output in a file. */
  spawn(environment: Environment, args: readonly string[] = ['serve']): { child: ChildProcess; log: string } {
    const log = join(this.folder, `log-${this.#started.length}`);
    const file = openSync(log, 'a');
    const child = spawn(CELL, args, { detached: true, stdio: ['ignore', file, file], env: environment });
    closeSync(file);
    this.own(child);
    return { child, log };
  }

  /** Has a process that leads its own group ended with the machine. */
  own(child: ChildProcess): void {
    this.#started.push(child);
  }

  /** A cell that has told its port and answers. */
  async cell(extra: Environment = {}): Promise<Cell> {
    const { child, log } = this.spawn(this.environment(extra));
    const pid = child.pid;
    if (pid === undefined) throw new Error('the cell was not started');
    const text = () => readFileSync(log, 'utf8');
    const address = () => /msg="Listening on ([^ ]+) \(version [^)]+\)"/.exec(text())?.[1];
    await eventually(() => address() !== undefined || child.exitCode !== null);
    if (address() === undefined) throw new Error(`the cell ended: ${text()}`);
    const url = `http://${address()}`;
    const post = (path: string, body: unknown) => askJson(url, path, body);
    await askJson(url, '/api/version');
    return {
      process: child,
      pid,
      url,
      log: text,
      post,
      load: (model, options = {}) => post('/api/generate', { model, options: { num_gpu: 999, ...options } }),
      ps: async () => (await askJson(url, '/api/ps')).value.models,
      end: async (signal) => {
        process.kill(pid, signal);
        await eventually(() => child.exitCode !== null || child.signalCode !== null);
        return child.exitCode ?? child.signalCode ?? 0;
      },
    };
  }

  events(): readonly FolderEvent[] {
    return readFolderEvents(this.gpuFolder);
  }

  count(kind: FolderEvent['kind']): number {
    return this.events().filter((event) => event.kind === kind).length;
  }

  usedBytes(gpu = 0): number {
    return this.memory.read()[gpu]?.usedBytes ?? Number.NaN;
  }

  /** Living processes that were started with this machine's folder. */
  processes(): readonly number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.gpuFolder) && identify(pid);
        } catch {
          return false;
        }
      });
  }

  /** Engines among them: with a model. */
  engines(): readonly number[] {
    return this.processes().filter((pid) => this.commandLine(pid).includes('--model'));
  }

  commandLine(pid: number): readonly string[] {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    } catch {
      return [];
    }
  }

  async nvidiaSmi(...args: string[]): Promise<string> {
    const env = { PATH: process.env.PATH ?? '', VIRTUAL_GPU_DIR: this.gpuFolder };
    return (await promisify(execFile)(SMI, args, { env })).stdout;
  }

  /** Ends every process group that was started here, and fails when something is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.#started) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // The whole group has ended.
      }
    }
    await eventually(() => this.processes().length === 0);
    await rm(this.folder, { recursive: true, force: true });
  }
}
