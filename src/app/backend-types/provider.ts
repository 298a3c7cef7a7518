/** Companies whose models are paid for by the token. */

import { openAiNames } from '../../backend/openai/model-names.ts';
import { checkProvider } from '../../backend/provider/check.ts';
import { createProviderBackend } from '../../backend/provider/provider-backend.ts';
import type { ProviderBackendConfig } from '../../config/config.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { type BackendType, deadlinesOf, type SettingNote } from './backend-type.ts';

export const providerType: BackendType<ProviderBackendConfig> = {
  names: openAiNames,
  server: {
    product: 'provider',
    start: 'Correct its url, or look whether this machine reaches the Internet.',
    oldest: null,
    pull: null,
    check: checkProvider,
  },
  build: ({ name, url, headers, api, concurrency, requestsPerMinute, models }, { config, clock }) =>
    createProviderBackend({
      name,
      url,
      headers,
      api,
      concurrency,
      requestsPerMinute,
      models,
      clock,
      deadlines: deadlinesOf(config),
    }),
  // Each model says of itself what differs.
  rules: ({ concurrency }, { contextLength }) => ({
    contextLength,
    parallel: concurrency,
    ownProcess: false,
    mayReduceParallel: false,
    kvCacheType: 'f16',
    flashAttention: null,
  }),
  maxLoadedModels: () => null,
  notes: (own) => [
    { level: 'ok', text: limitsText(own) },
    ...(own.headers ? [] : [NO_KEY]),
    ...(isOpen(own.url) ? [OPEN_KEY] : []),
    priceNote(own),
  ],
};

const NO_KEY: SettingNote = { level: 'warn', text: 'no apiKey is set. Write apiKey: { env: NAME }.' };
const OPEN_KEY: SettingNote = {
  level: 'warn',
  text: 'its url begins with http: key and prompts can be read on the way. Write https.',
};

function limitsText({ concurrency, requestsPerMinute }: ProviderBackendConfig): string {
  const minute =
    requestsPerMinute === null ? 'as many a minute as it bears' : `${requestsPerMinute} a minute`;
  return `concurrency: ${concurrency} requests at once, ${minute}`;
}

function isOpen(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

function priceNote({ models }: ProviderBackendConfig): SettingNote {
  if (models === null)
    return { level: 'ok', text: 'models: all that it lists, without prices, so no cost is counted' };
  const unpriced = Object.entries(models).flatMap(([name, { price }]) => (price ? [] : [name]));
  if (unpriced.length === 0) return { level: 'ok', text: 'every model has a price' };
  return { level: 'ok', text: `no cost is counted of ${unpriced.join(', ')}: no price is set` };
}
