/** Servers of OpenAI's API that this server starts by commands of its settings. */
import { createCommandBackend } from '../../backend/command/command-backend.ts';
import { lookAtCommand } from '../../backend/command/look.ts';
import { USUAL_SLOTS } from '../../backend/command/settings.ts';
import { openAiNames } from '../../backend/openai/model-names.ts';
import { systemRandom } from '../../clock.ts';
import type { CommandBackendConfig } from '../../config/config.ts';
import { type BackendType, deadlinesOf } from './backend-type.ts';

export const commandType: BackendType<CommandBackendConfig> = {
  names: openAiNames,
  server: null,
  build: ({ name, models, parallelLoads, keep, env }, { config, clock, logger, memoryOf }) =>
    createCommandBackend({
      name,
      models,
      parallelLoads,
      keep,
      env,
      dataDir: config.dataDir,
      surroundings: process.env,
      memoryOf,
      clock,
      random: systemRandom,
      logger,
      deadlines: deadlinesOf(config),
    }),
  // Each model says of itself what differs.
  rules: (_own, { contextLength }) => ({
    contextLength,
    parallel: USUAL_SLOTS,
    ownProcess: true,
    mayReduceParallel: false,
    kvCacheType: 'f16',
    flashAttention: null,
  }),
  maxLoadedModels: () => null,
  notes: async ({ models, env: own }, env) => {
    const looks = Object.entries(models).map(([name, model]) =>
      lookAtCommand(name, model, { ...env, ...own }),
    );
    return (await Promise.all(looks)).map(({ isUsable, text }) => ({
      level: isUsable ? 'ok' : 'fail',
      text,
    }));
  },
};
