/** Servers of OpenAI's API that others run. */
import { checkOpenAi } from '../../backend/openai/check.ts';
import { openAiNames } from '../../backend/openai/model-names.ts';
import { createOpenAiBackend, USUAL_PARALLEL } from '../../backend/openai/openai-backend.ts';
import type { OpenAiBackendConfig } from '../../config/config.ts';
import { formatBytes } from '../../domain/units.ts';
import { type BackendType, deadlinesOf } from './backend-type.ts';

export const openAiType: BackendType<OpenAiBackendConfig> = {
  names: openAiNames,
  server: {
    product: 'OpenAI-compatible server',
    start: 'Start it, or correct the url of the backend.',
    oldest: null,
    pull: null,
    check: checkOpenAi,
  },
  build: ({ name, url, headers, parallel, vramBytes }, { config, clock, greeting }) =>
    createOpenAiBackend({
      name,
      url,
      headers: { ...headers, ...greeting },
      parallel,
      vramBytes,
      clock,
      deadlines: deadlinesOf(config),
    }),
  // What its server was started with holds; this is for what it does not tell.
  rules: ({ parallel }, { contextLength }) => ({
    contextLength,
    parallel: parallel ?? USUAL_PARALLEL,
    ownProcess: false,
    mayReduceParallel: false,
    kvCacheType: 'f16',
    flashAttention: null,
  }),
  maxLoadedModels: () => null,
  notes: ({ parallel, vramBytes }) => [
    {
      level: 'ok',
      text: `parallel: ${parallel ?? `as the server tells, else ${USUAL_PARALLEL}`}`,
    },
    {
      level: 'ok',
      text:
        vramBytes === null
          ? 'vram: not said, so its memory is counted as that of other programs, where a probe sees it'
          : `vram: ${formatBytes(vramBytes)}`,
    },
  ],
};
