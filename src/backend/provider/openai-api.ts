/** OpenAI's API as companies have it: that alone, where engines that people run take more. */
import type { Clock } from '../../clock.ts';
import { runOn } from '../openai/calls.ts';
import { refusal } from '../openai/errors.ts';
import type { ProviderApi } from './provider-api.ts';

export function openAiApi(clock: Clock): ProviderApi {
  const otherLimits = new Set<string>();
  return {
    version: 'v1',
    manner: {
      api: "OpenAI's API",
      product: { name: 'The provider', start: 'Look whether it has an outage' },
      refusal,
    },
    headers: {},
    embeds: true,
    usualContext: 128_000,
    listPath: '/v1/models',
    run: (run, { connection, contextLength, sink, signal }) =>
      runOn(run, contextLength, { connection, dialect: 'strict', clock, sink, signal, otherLimits }),
  };
}
