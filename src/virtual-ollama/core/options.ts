import { OllamaError } from '../../ollama-api/errors.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';

/** The options that an engine is started with: a different value reloads the model. */
export interface RunnerOptions {
  numCtx: number;
  numBatch: number;
  /** Layers on the GPU; −1 lets the engine choose. */
  numGpu: number;
  mainGpu: number | undefined;
  useMmap: boolean | undefined;
  numThread: number;
  draftNumPredict: number;
}

/** The options of one request; free to vary. */
export interface PredictOptions {
  numKeep: number;
  seed: number;
  numPredict: number;
  topK: number;
  topP: number;
  minP: number;
  typicalP: number;
  repeatLastN: number;
  temperature: number;
  repeatPenalty: number;
  presencePenalty: number;
  frequencyPenalty: number;
  stop: readonly string[];
}

export interface ModelOptions {
  runner: RunnerOptions;
  predict: PredictOptions;
  /** Nobody named a context length: neither request, nor Modelfile, nor server setting. */
  numCtxAutomatic: boolean;
  numBatchAutomatic: boolean;
}

export type OptionMap = Readonly<Record<string, unknown>>;

type Kind = 'integer' | 'boolean' | 'float32' | 'array';

/** Option name → where it lives and what Go type it has. Unknown names are ignored, as Ollama does (with a log line). */
const RUNNER_FIELDS: Readonly<Record<string, readonly [keyof RunnerOptions, Kind]>> = {
  num_ctx: ['numCtx', 'integer'],
  num_batch: ['numBatch', 'integer'],
  num_gpu: ['numGpu', 'integer'],
  main_gpu: ['mainGpu', 'integer'],
  use_mmap: ['useMmap', 'boolean'],
  num_thread: ['numThread', 'integer'],
  draft_num_predict: ['draftNumPredict', 'integer'],
};
const PREDICT_FIELDS: Readonly<Record<string, readonly [keyof PredictOptions, Kind]>> = {
  num_keep: ['numKeep', 'integer'],
  seed: ['seed', 'integer'],
  num_predict: ['numPredict', 'integer'],
  top_k: ['topK', 'integer'],
  top_p: ['topP', 'float32'],
  min_p: ['minP', 'float32'],
  typical_p: ['typicalP', 'float32'],
  repeat_last_n: ['repeatLastN', 'integer'],
  temperature: ['temperature', 'float32'],
  repeat_penalty: ['repeatPenalty', 'float32'],
  presence_penalty: ['presencePenalty', 'float32'],
  frequency_penalty: ['frequencyPenalty', 'float32'],
  stop: ['stop', 'array'],
};

function wrongType(name: string, kind: string): OllamaError {
  return new OllamaError(500, `option ${quoteGo(name)} must be of ${kind}`);
}

function convert(name: string, kind: Kind, value: unknown): unknown {
  switch (kind) {
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

function apply(options: ModelOptions, map: OptionMap): void {
  for (const [name, value] of Object.entries(map)) {
    if (value === null || value === undefined) continue;
    const runner = Object.hasOwn(RUNNER_FIELDS, name) && RUNNER_FIELDS[name];
    const predict = Object.hasOwn(PREDICT_FIELDS, name) && PREDICT_FIELDS[name];
    if (runner) Object.assign(options.runner, { [runner[0]]: convert(name, runner[1], value) });
    else if (predict) Object.assign(options.predict, { [predict[0]]: convert(name, predict[1], value) });
  }
}

export interface OptionDefaults {
  /** `OLLAMA_CONTEXT_LENGTH`, or undefined for the default by VRAM. */
  readonly contextLength: number | undefined;
  readonly automaticContextLength: number;
  readonly repeatPenalty: number;
  /** The older regime's `main_gpu` is a number, 0 when unset. */
  readonly mainGpu: number | undefined;
}

export interface OptionSources {
  /** `PARAMETER`s of the model. */
  readonly model: OptionMap;
  readonly request: OptionMap;
  readonly isEmbedding: boolean;
}

/** An embedding model's batch when nobody names one. */
const EMBEDDING_BATCH = 2_048;
const DEFAULT_BATCH = 512;

/**
 * Defaults < Modelfile `PARAMETER` < request `options`.
 * @throws OllamaError 500 `option "X" must be of type …`.
 */
export function mergeOptions(defaults: OptionDefaults, sources: OptionSources): ModelOptions {
  const names = (name: string) => name in sources.model || name in sources.request;
  const embeddingBatch = sources.isEmbedding && !names('num_batch');
  const options: ModelOptions = {
    runner: {
      numCtx: defaults.contextLength ?? defaults.automaticContextLength,
      numBatch: DEFAULT_BATCH,
      numGpu: -1,
      mainGpu: defaults.mainGpu,
      useMmap: undefined,
      numThread: 0,
      // Without a draft model the default does not count, so that it cannot force a reload.
      draftNumPredict: 0,
    },
    predict: {
      numKeep: 4,
      seed: -1,
      numPredict: -1,
      topK: 40,
      topP: 0.9,
      minP: 0,
      typicalP: 1,
      repeatLastN: 64,
      temperature: 0.8,
      repeatPenalty: defaults.repeatPenalty,
      presencePenalty: 0,
      frequencyPenalty: 0,
      stop: [],
    },
    numCtxAutomatic: defaults.contextLength === undefined && !names('num_ctx'),
    numBatchAutomatic: !names('num_batch') && !embeddingBatch,
  };
  apply(options, sources.model);
  apply(options, sources.request);
  if (embeddingBatch) {
    const { numCtx } = options.runner;
    options.runner.numBatch = numCtx > 0 ? Math.min(EMBEDDING_BATCH, numCtx) : EMBEDDING_BATCH;
  }
  return options;
}

export function sameRunnerOptions(a: RunnerOptions, b: RunnerOptions): boolean {
  return (Object.keys(a) as (keyof RunnerOptions)[]).every((name) => a[name] === b[name]);
}
