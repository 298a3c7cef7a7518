import { convertOption, type OptionMap } from '../../ollama-api/options.ts';

export type { OptionMap } from '../../ollama-api/options.ts';

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

/** Option name → where it lives. Unknown names are ignored, as Ollama does (with a log line). */
const RUNNER_FIELDS: Readonly<Record<string, keyof RunnerOptions>> = {
  num_ctx: 'numCtx',
  num_batch: 'numBatch',
  num_gpu: 'numGpu',
  main_gpu: 'mainGpu',
  use_mmap: 'useMmap',
  num_thread: 'numThread',
  draft_num_predict: 'draftNumPredict',
};
const PREDICT_FIELDS: Readonly<Record<string, keyof PredictOptions>> = {
  num_keep: 'numKeep',
  seed: 'seed',
  num_predict: 'numPredict',
  top_k: 'topK',
  top_p: 'topP',
  min_p: 'minP',
  typical_p: 'typicalP',
  repeat_last_n: 'repeatLastN',
  temperature: 'temperature',
  repeat_penalty: 'repeatPenalty',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  stop: 'stop',
};

function apply(options: ModelOptions, map: OptionMap): void {
  for (const [name, value] of Object.entries(map)) {
    if (value === null || value === undefined) continue;
    const runner = Object.hasOwn(RUNNER_FIELDS, name) && RUNNER_FIELDS[name];
    const predict = Object.hasOwn(PREDICT_FIELDS, name) && PREDICT_FIELDS[name];
    if (runner) Object.assign(options.runner, { [runner]: convertOption(name, value) });
    else if (predict) Object.assign(options.predict, { [predict]: convertOption(name, value) });
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
