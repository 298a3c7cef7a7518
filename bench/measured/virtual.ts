/** Virtual Ollamas with the engine of the measured runs: one server, or a host for server processes. */
import { GiB, MiB } from '../../src/domain/units.ts';
import type { VirtualOllamaOptions } from '../../src/virtual-ollama/index.ts';

export const SLOTS = 4;
export const CARD_BYTES = 8192 * MiB;
export const MOST_LOADED = 16;

const LOAD_BASE_MS = 200;
const TOKENS_PER_SECOND = 100;
const PROMPT_TOKENS_PER_SECOND = 2_000;
const BATCH_EXPONENT = 0.5;
const COMPUTE_MIB = 300;
const CONTEXT_LENGTH = 2_048;

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
