/** What the demo runs its jobs on: one virtual Ollama, or virtual server processes that vramkeeper starts and ends itself. */
import { join } from 'node:path';
import type { BackendConfig } from '../../config/config.ts';
import { managedConfig } from '../../config/managed.ts';
import { GiB } from '../../domain/units.ts';
import { createVirtualHost, runVirtualOllama } from '../../virtual-ollama/index.ts';

export interface DemoMachine {
  readonly backend: BackendConfig;
  /** For people, one line. */
  readonly about: string;
  /** After the server has stopped. Safe to call twice. */
  stop(): Promise<void>;
  /** For a process that is exiting: what still runs ends at once. */
  killAll(): void;
}

const SLOTS = 2;
const ATTACHED_GPU_BYTES = 24 * GiB;
/** Fewer than the models, so that some have to make room. */
const MAX_LOADED = 6;
/** Makes the whole last about half a minute. */
const SPEED = 1;

export async function attachedMachine(): Promise<DemoMachine> {
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: ATTACHED_GPU_BYTES }],
    numParallel: SLOTS,
    maxLoadedModels: MAX_LOADED,
    speed: SPEED,
  });
  return {
    backend: {
      name: 'virtual',
      type: 'ollama',
      url: ollama.url,
      parallel: SLOTS,
      maxLoadedModels: MAX_LOADED,
      gpus: [{ probe: 'virtual', index: null }],
    },
    about: `Virtual Ollama with a 24 GiB GPU, which holds at most ${MAX_LOADED} models at once: ${ollama.url}`,
    stop: () => ollama.stop(),
    killAll: () => {},
  };
}

/** Holds about half of the models, so that some have to make room. */
const MANAGED_GPU_BYTES = 12 * GiB;
const CONTEXT_LENGTH = 4_096;

/** @param folder of the demo; the machine is inside it. */
export async function managedMachine(folder: string): Promise<DemoMachine> {
  const host = createVirtualHost(join(folder, 'host'), { gpus: [{ totalBytes: MANAGED_GPU_BYTES }] });
  return {
    backend: {
      name: 'virtual',
      type: 'ollama',
      url: 'managed:virtual',
      managed: managedConfig(
        {
          binary: host.binary,
          models: host.models,
          parallel: SLOTS,
          env: { ...host.env, VIRTUAL_SPEED: String(SPEED) },
        },
        { env: {}, home: folder },
        CONTEXT_LENGTH,
      ),
      parallel: SLOTS,
      maxLoadedModels: null,
      gpus: [{ probe: 'nvidia', index: null }],
    },
    about: 'A virtual Ollama process for each model in memory, on a virtual 12 GiB GPU',
    stop: async () => host.killAll(),
    killAll: () => host.killAll(),
  };
}
