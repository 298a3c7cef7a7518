/** The settings of a provider: what its models may hold, and what stands where they say nothing. */
import { z } from 'zod';
import { MODEL_KINDS } from './command.ts';
import type { ProviderApi, ProviderBackendConfig, ProviderModelConfig } from './config.ts';
import type { KeyHeader } from './secrets.ts';
import { oneOf, shown, text, wholeNumber } from './values.ts';

const amount = z
  .number({ error: (issue) => `${shown(issue.input)} is not a price: write a number, for a million tokens.` })
  .min(0, { error: (issue) => `${shown(issue.input)} is less than nothing.` });

const price = z.strictObject(
  { prompt: amount, completion: amount.optional(), cachedPrompt: amount.optional() },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? `${shown(issue.input)} is not a price, such as { prompt: 3, completion: 15 } for a million tokens each.`
        : undefined,
  },
);

const model = z.strictObject({
  model: text('the name of a model').optional(),
  price: price.optional(),
  kinds: z
    .array(oneOf(MODEL_KINDS))
    .min(1, { error: 'an empty list. Leave it out, or name what the model can do.' })
    .optional(),
  contextLength: wholeNumber(1, 16_777_216).optional(),
  maxTokens: wholeNumber(1, 16_777_216).optional(),
});

export const providerModels = z
  .record(text('the name of a model'), model, {
    error: (issue) =>
      `${shown(issue.input)} is not a group of models, such as { "gpt-5-mini": { price: { prompt: 0.25, completion: 2 } } }.`,
  })
  .refine((models) => Object.keys(models).length > 0, {
    error: 'no model is named. Leave it out to have all that the provider lists.',
  });

export type ProviderModels = z.output<typeof providerModels>;

export interface ProviderSettings {
  readonly name: string;
  readonly api?: ProviderApi | undefined;
  readonly url?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  readonly offers?: ProviderModels | undefined;
}

const USUAL_URL: Readonly<Record<ProviderApi, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};
const USUAL_CONCURRENCY = 4;

/** How a key is sent to servers of an API. */
export function keyHeader(api: ProviderApi | undefined): KeyHeader | undefined {
  return api === 'anthropic' ? (key) => ['x-api-key', key] : undefined;
}

/** What the settings leave open is filled in. */
export function providerConfig({
  name,
  api = 'openai',
  url,
  concurrency,
  requestsPerMinute,
  offers,
}: ProviderSettings): ProviderBackendConfig {
  return {
    name,
    type: 'provider',
    url: url ?? USUAL_URL[api],
    api,
    concurrency: concurrency ?? USUAL_CONCURRENCY,
    requestsPerMinute: requestsPerMinute ?? null,
    models:
      offers === undefined
        ? null
        : Object.fromEntries(
            Object.entries(offers).map(([called, one]): [string, ProviderModelConfig] => [
              called,
              modelConfig(called, one),
            ]),
          ),
    gpus: [{ probe: 'none' }],
  };
}

function modelConfig(name: string, one: ProviderModels[string]): ProviderModelConfig {
  return {
    model: one.model ?? name,
    price: one.price
      ? {
          prompt: one.price.prompt,
          completion: one.price.completion ?? 0,
          cachedPrompt: one.price.cachedPrompt ?? one.price.prompt,
        }
      : null,
    kinds: one.kinds ?? null,
    contextLength: one.contextLength ?? null,
    maxTokens: one.maxTokens ?? null,
  };
}
