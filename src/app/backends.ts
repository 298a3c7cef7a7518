/** From the configuration to backends, their probes, and what the scheduler must know of them. */

import type { KnownFacts } from '../backend/ollama/known-facts.ts';
import { ollamaNames } from '../backend/ollama/model-names.ts';
import type { Clock } from '../clock.ts';
import type { BackendConfig, Config } from '../config/config.ts';
import type { Backend } from '../domain/backend.ts';
import type { GpuProbe } from '../domain/gpu.ts';
import type { ModelNameRule } from '../domain/model-names.ts';
import type { NameRules } from '../registry/model-directory.ts';
import type { BackendRules } from '../registry/registry.ts';
import type { BackendSettings } from '../scheduler/state.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { BackendServer, BackendType, SettingNote } from './backend-types/backend-type.ts';
import { commandType } from './backend-types/command.ts';
import { ollamaType } from './backend-types/ollama.ts';
import { openAiType } from './backend-types/openai.ts';
import { providerType } from './backend-types/provider.ts';
import { buildProbe, localProbes } from './probes.ts';

/** Every type of backend, by what `type` says in the configuration. */
const BACKEND_TYPES: {
  readonly [Type in BackendConfig['type']]: BackendType<Extract<BackendConfig, { type: Type }>>;
} = {
  ollama: ollamaType,
  openai: openAiType,
  command: commandType,
  provider: providerType,
};

/** The entry of a backend's own type. */
function typeOf({ type }: Pick<BackendConfig, 'type'>): BackendType {
  return BACKEND_TYPES[type] as BackendType;
}

export interface BuiltBackend {
  readonly backend: Backend;
  /** Null on a host whose GPUs do not count. */
  readonly probe: GpuProbe | null;
  readonly settings: BackendSettings;
  readonly rules: BackendRules;
}

/** @param greeting sent to every attached server of ours, beside its own headers */
export function buildBackends(
  config: Config,
  clock: Clock,
  logger: Logger,
  known: KnownFacts,
  greeting: Readonly<Record<string, string>> = {},
): readonly BuiltBackend[] {
  const local = localProbes(clock);
  return config.backends.map((each) => {
    const type = typeOf(each);
    const probe = buildProbe(each, local, clock);
    const memoryOf = (pids: ReadonlySet<number>) => memoryOfProcesses(probe, pids);
    const parts = { config, clock, logger: logger.child('ENGINE'), known, greeting, memoryOf };
    const backend = type.build(each, parts);
    const { id, name, mode, url, capabilities } = backend;
    const rules = type.rules(each, config);
    const { headroomBytes } = config;
    const settings = {
      id,
      name,
      mode,
      url,
      capabilities,
      maxLoadedModels: type.maxLoadedModels(each),
      headroomBytes,
      parallel: rules.parallel,
      hasProbe: probe !== null,
      probeIntervalMs: config.pollIntervalMs,
      reservations: config.reservations.filter(({ backend: of }) => of === null || of === name),
    };
    return { backend, probe, settings, rules };
  });
}

/** How a backend writes the names of its models, before it is built. */
export function namesOf(backend: Pick<BackendConfig, 'type'>): ModelNameRule {
  return typeOf(backend).names;
}

/** Null where none is run by others. */
export function serverOf(backend: Pick<BackendConfig, 'type'>): BackendServer | null {
  return typeOf(backend).server;
}

/** What its settings say that no server of it tells. */
export async function notesOn(
  backend: BackendConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly SettingNote[]> {
  return typeOf(backend).notes(backend, env);
}

/** Without any backend names are taken as Ollama writes them. */
export function nameRules(backends: readonly Pick<BuiltBackend, 'backend'>[]): NameRules {
  const byId = new Map(backends.map(({ backend }) => [backend.id, backend.names]));
  const all = byId.size > 0 ? [...new Set(byId.values())] : [ollamaNames];
  return { of: (id) => byId.get(id) ?? ollamaNames, all };
}

/** What they take of its GPUs together; null where nobody sees it. Never rejects. */
async function memoryOfProcesses(probe: GpuProbe | null, pids: ReadonlySet<number>): Promise<number | null> {
  try {
    const gpus = (await probe?.read()) ?? [];
    const own = gpus.flatMap(({ processes }) => processes.filter(({ pid }) => pids.has(pid)));
    return own.length === 0 ? null : own.reduce((sum, { bytes }) => sum + bytes, 0);
  } catch {
    // Whoever reads the cards all the time says what is wrong with them.
    return null;
  }
}
