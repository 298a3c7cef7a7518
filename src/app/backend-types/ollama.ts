/** Ollama, run by others or by this server. */
import { createManagedOllamaBackend } from '../../backend/managed/managed-backend.ts';
import { AUTO_PARALLEL } from '../../backend/managed/settings.ts';
import { checkOllama } from '../../backend/ollama/answer.ts';
import { ollamaNames } from '../../backend/ollama/model-names.ts';
import { createOllamaBackend } from '../../backend/ollama/ollama-backend.ts';
import { systemRandom } from '../../clock.ts';
import type { Config, ManagedConfig, OllamaBackendConfig } from '../../config/config.ts';
import type { Backend } from '../../domain/backend.ts';
import type { InstanceConfig } from '../../domain/model.ts';
import type { BackendRules } from '../../registry/registry.ts';
import { type BackendType, type BuildParts, deadlinesOf } from './backend-type.ts';
import { ollamaNotes } from './ollama-notes.ts';

export const ollamaType: BackendType<OllamaBackendConfig> = {
  names: ollamaNames,
  server: {
    product: 'Ollama',
    start:
      'Start it with "ollama serve" (https://ollama.com/download), or name another address with OLLAMA_HOST or --backend.',
    oldest: '0.15',
    pull: 'ollama pull',
    check: checkOllama,
  },
  build,
  rules,
  maxLoadedModels: ({ maxLoadedModels }) => maxLoadedModels,
  notes: ollamaNotes,
};

function build(
  { name, url, headers, managed }: OllamaBackendConfig,
  { config, clock, logger, known, greeting }: BuildParts,
): Backend {
  const deadlines = deadlinesOf(config);
  if (!managed)
    return createOllamaBackend({
      name,
      url,
      headers: { ...headers, ...greeting },
      clock,
      logger,
      deadlines,
      known,
    });
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

function rules(
  { managed, parallel, kvCacheType }: OllamaBackendConfig,
  { contextLength }: Config,
): BackendRules {
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
