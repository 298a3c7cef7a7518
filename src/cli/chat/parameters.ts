/** Options of a model as Ollama names them, from words to the request. Pure. */
import type { ModelOptionsInput } from '../../client/generated/graphql.ts';
import { UsageError } from '../exit.ts';

export type ParameterValue = number | boolean | string | readonly string[];
export type Parameters = Readonly<Record<string, ParameterValue>>;

type Kind = 'whole' | 'number' | 'texts';

const KINDS: Readonly<Record<string, Kind>> = {
  num_ctx: 'whole',
  num_predict: 'whole',
  num_keep: 'whole',
  seed: 'whole',
  temperature: 'number',
  top_k: 'whole',
  top_p: 'number',
  min_p: 'number',
  typical_p: 'number',
  repeat_last_n: 'whole',
  repeat_penalty: 'number',
  presence_penalty: 'number',
  frequency_penalty: 'number',
  stop: 'texts',
};

export const PARAMETER_NAMES: readonly string[] = Object.keys(KINDS);

/** @throws UsageError for a name that is none, or a value that it does not take */
export function parameterOf(name: string, words: readonly string[]): ParameterValue {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined)
    throw new UsageError(`There is no parameter "${name}". There are ${PARAMETER_NAMES.join(', ')}.`);
  if (words.length === 0) throw new UsageError(`Give ${name} a value: /set parameter ${name} VALUE`);
  if (kind === 'texts') return words;
  const text = words.join(' ');
  const value = Number(text);
  if (!Number.isFinite(value) || (kind === 'whole' && !Number.isSafeInteger(value)))
    throw new UsageError(`${name} takes a ${kind === 'whole' ? 'whole number' : 'number'}, not "${text}".`);
  return value;
}

/** As the API takes them: those that it has names of its own for, and the rest. */
export function optionsOf(parameters: Parameters): ModelOptionsInput | undefined {
  const { num_ctx, num_predict, seed, temperature, ...extra } = parameters;
  const named = Object.entries({
    contextLength: num_ctx,
    maxTokens: num_predict,
    seed,
    temperature,
    extra: Object.keys(extra).length === 0 ? undefined : extra,
  }).filter(([, value]) => value !== undefined);
  return named.length === 0 ? undefined : (Object.fromEntries(named) as ModelOptionsInput);
}
