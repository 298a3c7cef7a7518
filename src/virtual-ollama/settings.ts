import type { ModelDescription } from './core/catalog.ts';
import { DEFAULT_CATALOG } from './core/default-catalog.ts';

/** `classic`: Ollama up to v0.24, which plans memory itself. `llama-server`: v0.30 and later. */
export type Regime = 'classic' | 'llama-server';

export interface GpuDescription {
  readonly totalBytes: number;
  readonly name?: string;
  readonly uuid?: string;
}

export interface VirtualOllamaSettings {
  /** What `/api/version` says. */
  readonly version: string;
  readonly regime: Regime;
  /** Empty: a host without a GPU. */
  readonly gpus: readonly GpuDescription[];
  /** Slots per completion model (`OLLAMA_NUM_PARALLEL`). */
  readonly numParallel: number;
  /** `OLLAMA_MAX_LOADED_MODELS`; 0 is three per GPU. */
  readonly maxLoadedModels: number;
  /** `OLLAMA_MAX_QUEUE`. */
  readonly maxQueue: number;
  /** `OLLAMA_KEEP_ALIVE`. Not divided by `speed`. */
  readonly keepAliveMs: number;
  /** `OLLAMA_CONTEXT_LENGTH`; undefined: by the tier of total VRAM. */
  readonly contextLength: number | undefined;
  /** `OLLAMA_LOAD_TIMEOUT`: a load without a sign of life this long has failed. */
  readonly loadTimeoutMs: number;
  /** A real look at the cards, which Ollama takes only where no resident model can be asked. */
  readonly discoveryMs: number;
  /** Reading a model's files, at the first request for it. */
  readonly metadataMs: number;
  /** From the start of an engine until its first sign of life. */
  readonly engineStartMs: number;
  readonly loadBaseMs: number;
  readonly loadBytesPerSecond: number;
  /** One request alone on a model. */
  readonly tokensPerSecond: number;
  readonly promptTokensPerSecond: number;
  /** Each of k concurrent requests of a model gets tokensPerSecond · k^(batchExponent − 1). */
  readonly batchExponent: number;
  /** How many times longer a token takes for the part of a model that a GPU host keeps on its CPU. */
  readonly cpuSlowdown: number;
  /** Compute buffers of an instance, in its reported size. */
  readonly computeBytes: number;
  /** `OLLAMA_KV_CACHE_TYPE`, passed on unchecked: an engine that does not know it fails to load. */
  readonly kvCacheType: string;
  /** Without it the attention scores of the whole context are kept, too. */
  readonly flashAttention: boolean;
  /** Driver context of a process: on the card, and in nobody's reported size. */
  readonly contextBytes: number;
  /** What the engine leaves free when it chooses layers itself; undefined: a twentieth of what is free. */
  readonly fitTargetBytes: number | undefined;
  /** System memory; only the classic regime looks at it. Undefined: enough. */
  readonly ramBytes: number | undefined;
  /** Mean tokens of an answer that no `num_predict` limits. */
  readonly answerTokens: number;
  /** All virtual durations are divided by this, but for keep-alives. */
  readonly speed: number;
  /** Fixes every choice that Ollama leaves to chance. */
  readonly seed: number;
  readonly catalog: readonly ModelDescription[];
  /** Models that `/api/pull` finds in the virtual registry. */
  readonly library: readonly ModelDescription[];
  /** Bytes per second of a pull. */
  readonly pullBytesPerSecond: number;
}

export const GIB = 2 ** 30;
export const MIB = 2 ** 20;

export const DEFAULT_SETTINGS: VirtualOllamaSettings = {
  version: '0.33.0',
  regime: 'llama-server',
  gpus: [{ totalBytes: 8 * GIB }],
  numParallel: 1,
  maxLoadedModels: 0,
  maxQueue: 512,
  keepAliveMs: 300_000,
  contextLength: undefined,
  loadTimeoutMs: 300_000,
  discoveryMs: 100,
  metadataMs: 10,
  engineStartMs: 50,
  loadBaseMs: 200,
  loadBytesPerSecond: 2 * GIB,
  tokensPerSecond: 100,
  promptTokensPerSecond: 2_000,
  batchExponent: 0.5,
  cpuSlowdown: 10,
  computeBytes: 300 * MIB,
  kvCacheType: 'f16',
  flashAttention: true,
  contextBytes: 0,
  fitTargetBytes: undefined,
  ramBytes: undefined,
  answerTokens: 64,
  speed: 1,
  seed: 1,
  catalog: DEFAULT_CATALOG,
  library: DEFAULT_CATALOG,
  pullBytesPerSecond: 100 * MIB,
};

export function completeSettings(partial: Partial<VirtualOllamaSettings>): VirtualOllamaSettings {
  const given = Object.fromEntries(Object.entries(partial).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_SETTINGS, ...given };
}

/** The default context of `OLLAMA_CONTEXT_LENGTH` unset: by the total of all cards (23 and 47 GiB are the steps). */
export function automaticContextLength(settings: VirtualOllamaSettings): number {
  const totalBytes = settings.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  if (totalBytes >= 47 * GIB) return 262_144;
  return totalBytes >= 23 * GIB ? 32_768 : 4_096;
}
