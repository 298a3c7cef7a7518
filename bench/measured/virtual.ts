/** Virtual Ollamas with the engine of the measured runs: one server, or a host for server processes. */
import { GiB, MiB } from '../../src/domain/units.ts';
import {
  DEFAULT_CATALOG,
  type ModelDescription,
  type VirtualOllamaOptions,
} from '../../src/virtual-ollama/index.ts';

export const SLOTS = 4;
export const CARD_BYTES = 8192 * MiB;
export const MOST_LOADED = 16;

const LOAD_BASE_MS = 200;
const TOKENS_PER_SECOND = 100;
const PROMPT_TOKENS_PER_SECOND = 2_000;
const BATCH_EXPONENT = 0.5;
const COMPUTE_MIB = 300;
/** Tokens of one slot. */
export const CONTEXT_LENGTH = 2_048;

/** Weights of the models of the measured runs, in MiB: four bits each, in the shapes of the catalogue. */
const WEIGHTS_MIB: Readonly<Record<string, number>> = {
  'smollm:360m': 220.7,
  'qwen2.5:0.5b': 341.6,
  'tinyllama:1.1b': 591.1,
  'smollm:1.7b': 973.5,
  'llama3.2:1b': 807,
  'gemma:2b': 1_631.7,
  'qwen2.5:1.5b': 957,
  'phi3:mini': 2_051.2,
};

/** All of them told as llamas there. */
export const CATALOG: readonly ModelDescription[] = DEFAULT_CATALOG.flatMap(({ name, facts }) => {
  const weightsMib = WEIGHTS_MIB[name];
  if (weightsMib === undefined) return [];
  const weightsBytes = Math.round(weightsMib * MiB);
  return [{ name, weightsBytes, facts: { ...facts, architecture: 'llama', contextLength: 32_768 } }];
});

/** Load 0.2 s and a GiB a second; each of k requests of a model gets 100·k^(−0.5) tokens/s; 300 MiB on top of weights and KV. */
export const SERVER: VirtualOllamaOptions = {
  gpus: [{ totalBytes: CARD_BYTES }],
  numParallel: SLOTS,
  maxLoadedModels: MOST_LOADED,
  contextLength: CONTEXT_LENGTH,
  loadBaseMs: LOAD_BASE_MS,
  loadBytesPerSecond: GiB,
  tokensPerSecond: TOKENS_PER_SECOND,
  promptTokensPerSecond: PROMPT_TOKENS_PER_SECOND,
  batchExponent: BATCH_EXPONENT,
  computeBytes: COMPUTE_MIB * MiB,
  catalog: CATALOG,
};

/** The same engine for server processes. */
export const CELL_ENVIRONMENT: Readonly<Record<string, string>> = {
  VIRTUAL_LOAD_BASE: String(LOAD_BASE_MS / 1000),
  VIRTUAL_GBPS: '1',
  VIRTUAL_TPS: String(TOKENS_PER_SECOND),
  VIRTUAL_PPS: String(PROMPT_TOKENS_PER_SECOND),
  VIRTUAL_ALPHA: String(BATCH_EXPONENT),
  VIRTUAL_COMPUTE: String(COMPUTE_MIB),
};
