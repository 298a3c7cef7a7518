/** The backends that the settings name, and what could stand where they name none. */
import { InvalidSettingError } from '../domain/errors.ts';
import { commandConfig } from './command.ts';
import {
  type BackendConfig,
  type GpuConfig,
  type OllamaAlternatives,
  type OllamaBackendConfig,
  ownProcesses,
} from './config.ts';
import { type ManagedSettings, type ManagedSurroundings, managedConfig } from './managed.ts';
import { DEFAULT_OLLAMA_URL, ollamaUrl } from './ollama-host.ts';
import { keyHeader, providerConfig } from './provider.ts';
import type { Settings } from './schema.ts';
import { headersOf } from './secrets.ts';

/** Tokens of one slot. */
export const CONTEXT_LENGTH = 4096;

/** As the settings of both kinds are known by: a reservation for it holds whichever is chosen. */
const NAME = 'ollama';

export interface Naming {
  /** `--managed` was given. */
  readonly wanted: boolean;
  /** Where the last list of backends stands; null when there is none. */
  readonly place: string | null;
}

/** What is sent to an attached backend, by its name; null: to those that have nothing of their own. */
export type HeadersByBackend = ReadonlyMap<string | null, Readonly<Record<string, string>>>;

/** @throws InvalidSettingError for a key that cannot be read */
export async function backendHeaders(
  { backendKey, backends = [] }: Settings,
  { env }: Pick<ManagedSurroundings, 'env'>,
): Promise<HeadersByBackend> {
  const shared = await headersOf({ apiKey: backendKey }, 'backendKey', env);
  const own = backends.map(async ({ name, type, api, apiKey, headers }) => {
    const named = await headersOf({ apiKey, headers }, `backend ${name}`, env, keyHeader(api));
    // The key of our own servers is nothing that a company is told.
    return [name, type === 'provider' ? named : { ...shared, ...named }] as const;
  });
  return new Map<string | null, Readonly<Record<string, string>>>([
    [null, shared],
    ...(await Promise.all(own)),
  ]);
}

/**
 * `--managed` replaces backends that others run; managed ones that are listed stay as they are.
 * @throws InvalidSettingError for an OLLAMA_HOST that is no address, where it is asked for
 */
export function backendsOf(
  settings: Settings,
  around: ManagedSurroundings,
  { wanted, place }: Naming,
  headers: HeadersByBackend,
): { readonly backends: readonly BackendConfig[]; readonly ollama: OllamaAlternatives } {
  const withHeaders = <T extends BackendConfig>(backend: T): T => {
    const named = headers.get(backend.name) ?? headers.get(null) ?? {};
    return ownProcesses(backend) || Object.keys(named).length === 0
      ? backend
      : { ...backend, headers: named };
  };
  const listed = settings.backends?.map((backend) => withHeaders(backendConfig(backend, settings, around)));
  const isNamed = wanted || listed !== undefined;
  const { gpus } = settings;
  const attached = withHeaders(
    ollamaConfig({ name: NAME, url: hostUrl(around, isNamed), gpus }, settings, around),
  );
  const managed = {
    ...ollamaConfig({ name: NAME, managed: {}, gpus }, settings, around),
    managed: managedOf(settings.managed ?? {}, settings, around),
  };
  const ours = listed?.filter((backend) => ownProcesses(backend)) ?? [];
  const forced = ours.some((backend) => backend.type === 'ollama') ? ours : [...ours, managed];
  return {
    backends: wanted ? forced : (listed ?? [attached]),
    ollama: { attached, managed, namedBy: wanted ? '--managed' : place },
  };
}

function hostUrl({ env }: ManagedSurroundings, isNamed: boolean): string {
  const host = env.OLLAMA_HOST?.trim();
  try {
    return host ? ollamaUrl(host) : DEFAULT_OLLAMA_URL;
  } catch (error) {
    if (!(error instanceof InvalidSettingError)) throw error;
    // Nobody depends on it then.
    if (isNamed) return DEFAULT_OLLAMA_URL;
    throw new InvalidSettingError(`OLLAMA_HOST: ${error.message}`, { cause: error });
  }
}

type BackendSettings = NonNullable<Settings['backends']>[number];

function managedOf(managed: ManagedSettings, settings: Settings, around: ManagedSurroundings) {
  return managedConfig(managed, around, settings.contextLength ?? CONTEXT_LENGTH);
}

function backendConfig(
  backend: BackendSettings,
  settings: Settings,
  around: ManagedSurroundings,
): BackendConfig {
  if (backend.type === 'command')
    return {
      name: backend.name,
      type: 'command',
      url: `managed:${backend.name}`,
      ...commandConfig(backend),
      gpus: backend.gpus?.map(gpuConfig) ?? 'auto',
    };
  if (backend.type === 'provider') return providerConfig(backend);
  if (backend.type !== 'openai') return ollamaConfig(backend, settings, around);
  return {
    name: backend.name,
    type: 'openai',
    url: backend.url ?? '',
    parallel: backend.parallel ?? null,
    vramBytes: backend.vram ?? null,
    gpus: backend.gpus?.map(gpuConfig) ?? 'auto',
  };
}

function ollamaConfig(
  backend: BackendSettings,
  settings: Settings,
  around: ManagedSurroundings,
): OllamaBackendConfig {
  return {
    name: backend.name,
    type: 'ollama',
    url: backend.url ?? `managed:${backend.name}`,
    ...(backend.kvCacheType && { kvCacheType: backend.kvCacheType }),
    ...(backend.managed && { managed: managedOf(backend.managed, settings, around) }),
    parallel: backend.parallel ?? 1,
    maxLoadedModels: backend.maxLoadedModels ?? null,
    gpus: backend.gpus?.map(gpuConfig) ?? 'auto',
  };
}

type GpuSettings = NonNullable<BackendSettings['gpus']>[number];

function gpuConfig(gpu: GpuSettings, position: number): GpuConfig {
  switch (gpu.probe) {
    case 'nvidia':
    case 'amd':
    case 'virtual':
      return { probe: gpu.probe, index: gpu.index ?? null };
    case 'prometheus':
      return {
        probe: 'prometheus',
        url: gpu.url ?? '',
        index: gpu.index ?? null,
        intervalMs: gpu.interval ?? null,
      };
    case 'fixed':
      return { probe: 'fixed', index: gpu.index ?? position, totalBytes: gpu.total ?? 0 };
    case 'none':
      return { probe: 'none' };
    default:
      return gpu.probe satisfies never;
  }
}
