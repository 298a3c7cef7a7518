/** The options of a request: their names and Go's types. Ollama ignores other names. */
import { OllamaError } from './errors.ts';
import { quoteGo } from './go-quote.ts';

export type OptionMap = Readonly<Record<string, unknown>>;

type OptionKind = 'integer' | 'boolean' | 'float32' | 'array';

const OPTION_KINDS: Readonly<Record<string, OptionKind>> = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  use_mmap: 'boolean',
  num_thread: 'integer',
  draft_num_predict: 'integer',
  num_keep: 'integer',
  seed: 'integer',
  num_predict: 'integer',
  top_k: 'integer',
  top_p: 'float32',
  min_p: 'float32',
  typical_p: 'float32',
  repeat_last_n: 'integer',
  temperature: 'float32',
  repeat_penalty: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  stop: 'array',
};

/** @throws OllamaError 500 for the first option of the wrong type */
export function checkOptions(options: OptionMap): void {
  for (const [name, value] of Object.entries(options)) if (value !== null) convertOption(name, value);
}

function wrongType(name: string, kind: string): OllamaError {
  return new OllamaError(500, `option ${quoteGo(name)} must be of ${kind}`);
}

/** The value as Ollama takes it; of an unknown option as it is. @throws OllamaError 500 */
export function convertOption(name: string, value: unknown): unknown {
  const kind = Object.hasOwn(OPTION_KINDS, name) ? OPTION_KINDS[name] : undefined;
  switch (kind) {
    case undefined:
      return value;
    case 'integer':
      if (typeof value !== 'number') throw wrongType(name, 'type integer');
      return Math.trunc(value);
    case 'float32':
      if (typeof value !== 'number') throw wrongType(name, 'type float32');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(name, 'type boolean');
      return value;
    case 'array':
      if (!Array.isArray(value)) throw wrongType(name, 'type array');
      if (!value.every((item) => typeof item === 'string')) throw wrongType(name, 'an array of strings');
      return value;
    default:
      return kind satisfies never;
  }
}
