/** What a provider offers: the models that the settings name, or all that it lists. */
import { z } from 'zod';
import type { Capability, ModelInfo } from '../../domain/model.ts';
import type { Price } from '../../domain/price.ts';
import { digestOf, EMBEDS_BY_NAME } from '../openai/listed-models.ts';
import { openAiNames } from '../openai/model-names.ts';
import type { ProviderApi } from './provider-api.ts';

/** One model as the settings have it. */
export interface NamedModel {
  /** As the provider calls it. */
  readonly model: string;
  readonly price: Price | null;
  readonly kinds: readonly ('generate' | 'chat' | 'embed')[] | null;
  readonly contextLength: number | null;
  readonly maxTokens: number | null;
}

const tokens = z.number().int().positive().nullish().catch(null);

/** An entry of a list; how long a context is told under different names (OpenRouter, Groq, Mistral, vLLM, Anthropic). */
const entry = z.looseObject({
  id: z.string().min(1),
  context_length: tokens,
  context_window: tokens,
  max_context_length: tokens,
  max_model_len: tokens,
  max_input_tokens: tokens,
});
type Entry = z.infer<typeof entry>;

export const offerAnswer = z.object({ data: z.array(entry) });

/** One model that jobs can use. */
export interface Offered extends NamedModel {
  readonly info: ModelInfo;
}

/**
 * By the names that jobs use.
 * @param named by the settings; null: every one of the list
 */
export function offered(
  list: readonly Entry[],
  named: Readonly<Record<string, NamedModel>> | null,
  url: string,
  api: Pick<ProviderApi, 'embeds' | 'usualContext'>,
): ReadonlyMap<string, Offered> {
  const byId = new Map(list.map((one): [string, Entry] => [one.id, one]));
  const all: [string, NamedModel][] = named
    ? Object.entries(named)
    : [...byId.keys()].map((id): [string, NamedModel] => [id, listedOnly(id)]);
  return new Map(
    all.map(([called, model]): [string, Offered] => {
      const name = openAiNames.canonical(called);
      const contextLength = model.contextLength ?? contextOf(byId.get(model.model)) ?? api.usualContext;
      return [name, { ...model, info: infoOf(name, model, contextLength, url, api) }];
    }),
  );
}

/** Google lists `models/gemini-…` and takes the name without. */
function listedOnly(id: string): NamedModel {
  const model = id.replace(/^models\//, '');
  return { model, price: null, kinds: null, contextLength: null, maxTokens: null };
}

function contextOf(listed: Entry | undefined): number | null {
  const { context_length, context_window, max_context_length, max_model_len, max_input_tokens } =
    listed ?? {};
  return context_length ?? context_window ?? max_context_length ?? max_model_len ?? max_input_tokens ?? null;
}

function infoOf(
  name: string,
  model: NamedModel,
  contextLength: number,
  url: string,
  { embeds }: Pick<ProviderApi, 'embeds'>,
): ModelInfo {
  const weights = digestOf([url, model.model]);
  return {
    name,
    digest: digestOf([weights, name, contextLength]),
    weights,
    diskBytes: 0,
    family: null,
    parameterSize: null,
    quantization: null,
    contextLength,
    defaultContextLength: contextLength,
    capabilities: capabilitiesOf(model, embeds),
    facts: null,
    launch: { contextIsFixed: true },
  };
}

function capabilitiesOf({ model, kinds }: NamedModel, embeds: boolean): readonly Capability[] {
  const isForVectors = kinds ? kinds.includes('embed') : embeds && EMBEDS_BY_NAME.test(model);
  const writes = kinds ? kinds.some((kind) => kind !== 'embed') : !isForVectors;
  return [
    ...(writes ? (['completion', 'tools', 'thinking', 'vision'] as const) : []),
    ...(isForVectors ? (['embedding'] as const) : []),
  ];
}
