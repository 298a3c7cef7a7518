import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { readCatalogFileNow } from '../catalog-file.ts';
import { humanBytes } from '../core/system-memory.ts';
import { appendFolderEvent, type FolderEventBody, folderEventOf } from '../gpu-folder/folder-events.ts';
import { FolderFaults } from '../gpu-folder/folder-faults.ts';
import { FolderGpuMemory } from '../gpu-folder/folder-gpu-memory.ts';
import { ensureGpuFolder } from '../gpu-folder/gpu-folder.ts';
import { FolderCatalog } from '../model-folder/folder-catalog.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../server.ts';
import { automaticContextLength, completeSettings } from '../settings.ts';
import { type Device, devicesOf, type Environment } from './devices.ts';
import { discoverDevices } from './discovery.ts';
import { Engines } from './engines.ts';
import { ensureKeyPair } from './key-pair.ts';
import { ProgramLog } from './program-log.ts';
import { type ProgramSettings, readProgramSettings } from './program-settings.ts';

/** Ended engines are waited for so long: they were killed, so this is a matter of milliseconds. */
const ENGINES_END_MS = 1_000;

/** The variables that the first line of the log tells. */
const TOLD =
  /^(OLLAMA_|LLAMA_ARG_|VIRTUAL_|CUDA_VISIBLE_DEVICES$|GGML_VK_VISIBLE_DEVICES$|HIP_VISIBLE_DEVICES$|ROCR_VISIBLE_DEVICES$)/;

function configurationText(environment: Environment): string {
  const told = Object.keys(environment).filter((name) => TOLD.test(name));
  return `map[${told
    .sort()
    .map((name) => `${name}:${environment[name]}`)
    .join(' ')}]`;
}

function makeModelFolder(folder: string): void {
  try {
    for (const part of ['blobs', 'manifests']) mkdirSync(join(folder, part), { recursive: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const reason = code === 'ENOTDIR' || code === 'EEXIST' ? 'not a directory' : String(code);
    throw new Error(`mkdir ${folder}: ${reason}: ensure path elements are traversable`, { cause: error });
  }
}

function listenError(error: unknown, { host, port }: ProgramSettings): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason =
    code === 'EADDRINUSE'
      ? 'address already in use'
      : code === 'EADDRNOTAVAIL'
        ? 'cannot assign requested address'
        : code === 'EACCES'
          ? 'permission denied'
          : undefined;
  if (!reason) return error;
  return new Error(`listen tcp ${host}:${port}: bind: ${reason}`, { cause: error });
}

/** Everything of one `ollama serve`, from its environment to its end. */
class Program {
  readonly #environment: Environment;
  readonly #clock: Clock = systemClock;
  readonly #log = new ProgramLog(systemClock);
  #server: RunningVirtualOllama | undefined;
  #engines: Engines | undefined;
  #gpuFolder = '';
  #discovering = true;
  #ending = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  async start(): Promise<void> {
    const home = this.#environment.HOME;
    if (!home) throw new Error('$HOME is not defined');
    const settings = readProgramSettings(this.#environment, home);
    this.#gpuFolder = settings.gpuFolder;
    ensureGpuFolder(settings.gpuFolder, settings.newGpus);
    const faults = new FolderFaults(settings.gpuFolder);
    if (faults.take('exitAtStart')) throw new Error('virtual fault: the program ends at its start');
    ensureKeyPair(home, this.#log);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.#end());
    makeModelFolder(settings.modelFolder);
    const { environment } = this;
    this.#log.info('routes.go:1951', 'server config', `env=${JSON.stringify(environment)}`);

    const hangs = faults.take('hangDiscovery');
    const gpus = new FolderGpuMemory(settings.gpuFolder).read();
    const devices = devicesOf(gpus, this.#environment);
    const discovered = Promise.withResolvers<void>();
    const server = await this.#listen(settings, faults, hangs ? [] : devices, discovered.promise);
    if (!faults.take('noPort')) {
      const { version } = server.core.settings;
      this.#log.info('routes.go:2008', `Listening on ${addressOf(server.url)} (version ${version})`);
    }
    const { speed } = server.core.settings;
    await discoverDevices({ clock: this.#clock, speed, hangs, log: this.#log }, devices, gpus);
    this.#logContext(server);
    this.#discovering = false;
    this.#record({
      kind: 'serve',
      port: server.port,
      devices: hangs ? [] : devices.map(({ gpu }) => gpus[gpu]?.uuid ?? ''),
    });
    discovered.resolve();
  }

  get environment(): string {
    return configurationText(this.#environment);
  }

  async #listen(
    settings: ProgramSettings,
    faults: FolderFaults,
    devices: readonly Device[],
    readyToServe: Promise<void>,
  ): Promise<RunningVirtualOllama> {
    const visible = devices.map(({ gpu }) => gpu);
    const memory = new FolderGpuMemory(settings.gpuFolder, visible);
    const engines = new Engines(this.#log, memory, (event) => this.#record(event));
    this.#engines = engines;
    const catalog = new FolderCatalog(settings.modelFolder, { prunes: settings.prunes });
    catalog.prune(this.#clock.now());
    const { libraryFile, origins } = settings;
    const server = await runVirtualOllama({
      ...settings.settings,
      catalog: [],
      gpus: memory.read(),
      host: settings.host,
      port: settings.port,
      memory,
      blobs: catalog.blobs,
      ...(origins ? { origins } : {}),
      readyToServe,
      onAnswered: (answered) => this.#log.request(answered),
      parts: {
        catalog,
        faults,
        startEngine: (launch) => engines.start(launch),
        onEvent: (event) => {
          const line = folderEventOf(event);
          if (line) this.#record(line);
          if (event.kind === 'loaded')
            this.#log.info('llama_server.go:1362', 'llama-server started', `model=${event.model}`);
        },
        ...(libraryFile ? { library: () => readCatalogFileNow(libraryFile) } : {}),
      },
    }).catch((error: unknown) => {
      throw listenError(error, settings);
    });
    this.#server = server;
    return server;
  }

  #logContext(server: RunningVirtualOllama): void {
    const complete = completeSettings(server.core.settings);
    const total = complete.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
    this.#log.info(
      'routes.go:2058',
      'vram-based default context',
      `total_vram=${JSON.stringify(humanBytes(total))} default_num_ctx=${automaticContextLength(complete)}`,
    );
  }

  #record(event: FolderEventBody): void {
    appendFolderEvent(this.#gpuFolder, this.#clock.now(), event);
  }

  /** Whatever runs ends with it, but for the engine that is being asked for its devices. */
  async #end(): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const ended = (this.#server?.stop() ?? Promise.resolve()).then(() => this.#engines?.ended());
    if (!this.#discovering) await Promise.race([ended, sleep(this.#clock, ENGINES_END_MS)]);
    this.#record({ kind: 'end' });
    process.exit(0);
  }
}

const addressOf = (url: string) => url.replace(/^http:\/\//, '');

/** `ollama serve` by `environment`; runs until it is told to end. @throws Error when it cannot start. */
export async function serve(environment: Environment): Promise<void> {
  await new Program(environment).start();
}
