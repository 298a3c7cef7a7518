/** From the configuration to backends, their probes, and what the scheduler must know of them. */

import { createManagedOllamaBackend } from '../backend/managed/managed-backend.ts';
import { AUTO_PARALLEL } from '../backend/managed/settings.ts';
import { type Address, checkOllama, type ServerCheck } from '../backend/ollama/answer.ts';
import type { Deadlines } from '../backend/ollama/deadlines.ts';
import type { KnownFacts } from '../backend/ollama/known-facts.ts';
import { ollamaNames } from '../backend/ollama/model-names.ts';
import { createOllamaBackend } from '../backend/ollama/ollama-backend.ts';
import { type Clock, systemRandom } from '../clock.ts';
import type { BackendConfig, Config, ManagedConfig } from '../config/config.ts';
import type { Backend } from '../domain/backend.ts';
import type { GpuProbe } from '../domain/gpu.ts';
import type { InstanceConfig } from '../domain/model.ts';
import type { ModelNameRule } from '../domain/model-names.ts';
import type { NameRules } from '../registry/model-directory.ts';
import type { BackendRules } from '../registry/registry.ts';
import type { BackendSettings } from '../scheduler/state.ts';
import type { Logger } from '../telemetry/logger.ts';
import { buildProbe, localProbes } from './probes.ts';

export interface BuiltBackend {
  readonly backend: Backend;
  /** Null on a host whose GPUs do not count. */
  readonly probe: GpuProbe | null;
  readonly settings: BackendSettings;
  readonly rules: BackendRules;
}

/** @param ownHeaders sent to every attached server, beside its own */
export function buildBackends(
  config: Config,
  clock: Clock,
  logger: Logger,
  known: KnownFacts,
  ownHeaders: Readonly<Record<string, string>> = {},
): readonly BuiltBackend[] {
  const local = localProbes(clock);
  return config.backends.map((each) => {
    const own = { ...each, headers: { ...each.headers, ...ownHeaders } };
    const backend = BACKEND_TYPES[own.type].build(own, config, clock, logger.child('ENGINE'), known);
    const probe = buildProbe(each, local, clock);
    const { id, name, mode, url, capabilities } = backend;
    const { maxLoadedModels } = each;
    const { parallel } = rulesOf(each, config);
    const { headroomBytes } = config;
    const settings = {
      id,
      name,
      mode,
      url,
      capabilities,
      maxLoadedModels,
      headroomBytes,
      parallel,
      hasProbe: probe !== null,
      probeIntervalMs: config.pollIntervalMs,
      reservations: config.reservations.filter(({ backend: of }) => of === null || of === name),
    };
    return { backend, probe, settings, rules: rulesOf(each, config) };
  });
}

/** The servers of a type of backend that others run, for people who have to see to one. */
export interface BackendServer {
  readonly product: string;
  /** What to do where none answers. */
  readonly start: string;
  /** The oldest version that is known to work; older ones differ in ways that matter (see docs/operations.md). */
  readonly oldest: string;
  /** The command that fetches a model. */
  readonly pull: string;
  /** What answers at an address. Never throws. */
  check(address: Address, clock: Clock): Promise<ServerCheck>;
}

interface BackendType {
  readonly names: ModelNameRule;
  readonly server: BackendServer;
  build(each: BackendConfig, config: Config, clock: Clock, logger: Logger, known: KnownFacts): Backend;
}

const BACKEND_TYPES: Readonly<Record<BackendConfig['type'], BackendType>> = {
  ollama: {
    names: ollamaNames,
    server: {
      product: 'Ollama',
      start:
        'Start it with "ollama serve" (https://ollama.com/download), or name another address with OLLAMA_HOST or --backend.',
      oldest: '0.15',
      pull: 'ollama pull',
      check: checkOllama,
    },
    build: buildOllama,
  },
};

/** How a backend writes the names of its models, before it is built. */
export function namesOf({ type }: Pick<BackendConfig, 'type'>): ModelNameRule {
  return BACKEND_TYPES[type].names;
}

export function serverOf({ type }: Pick<BackendConfig, 'type'>): BackendServer {
  return BACKEND_TYPES[type].server;
}

/** Without any backend names are taken as Ollama writes them. */
export function nameRules(backends: readonly Pick<BuiltBackend, 'backend'>[]): NameRules {
  const byId = new Map(backends.map(({ backend }) => [backend.id, backend.names]));
  const all = byId.size > 0 ? [...new Set(byId.values())] : [ollamaNames];
  return { of: (id) => byId.get(id) ?? ollamaNames, all };
}

function buildOllama(
  { name, url, headers, managed }: BackendConfig,
  config: Config,
  clock: Clock,
  logger: Logger,
  known: KnownFacts,
): Backend {
  const deadlines = deadlinesOf(config);
  if (!managed) return createOllamaBackend({ name, url, headers, clock, logger, deadlines, known });
  const { binary, models, contextLength, parallelLoads, promptCacheBytes, warmCells, keep, env } = managed;
  return createManagedOllamaBackend({
    name,
    binary,
    models,
    dataDir: config.dataDir,
    defaults: {
      contextLength,
      instance: instanceOf(managed),
      parallelLoads,
      promptCacheBytes,
      fitTargetBytes: config.headroomBytes,
    },
    warmCells,
    keep,
    env,
    surroundings: process.env,
    clock,
    random: systemRandom,
    logger,
    deadlines,
    known,
  });
}

function deadlinesOf({ patience = {} }: Config): Partial<Deadlines> {
  const { loadStallMs, firstPieceMs, silenceMs } = patience;
  return {
    ...(loadStallMs !== undefined && { loadStallMs }),
    ...(firstPieceMs !== undefined && { firstByteMs: firstPieceMs }),
    ...(silenceMs !== undefined && { betweenChunksMs: silenceMs }),
  };
}

function rulesOf({ managed, parallel, kvCacheType }: BackendConfig, { contextLength }: Config): BackendRules {
  if (!managed)
    return {
      contextLength,
      parallel,
      ownProcess: false,
      mayReduceParallel: false,
      kvCacheType: kvCacheType ?? 'f16',
      kvCacheNamed: kvCacheType !== undefined,
      flashAttention: null,
    };
  return {
    ...instanceOf(managed),
    contextLength: managed.contextLength,
    ownProcess: true,
    mayReduceParallel: managed.parallel === 'auto',
  };
}

function instanceOf({ parallel, kvCacheType, flashAttention }: ManagedConfig): InstanceConfig {
  return { parallel: parallel === 'auto' ? AUTO_PARALLEL : parallel, kvCacheType, flashAttention };
}
