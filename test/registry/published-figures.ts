/**
 * Sizes that others have published, each with its source. Caches are from lines `KV self size`, `llama_kv_cache: size` and
 * `llama_memory_recurrent: size`, buffers from `compute buffer size`, weights from `model buffer size`.
 */
import type { InstanceConfig } from '../../src/domain/model.ts';
import { MiB } from '../../src/domain/units.ts';
import type { PublishedModel } from './published-models.ts';

type Cache = InstanceConfig['kvCacheType'];

const CI = 'ggml-org/ci, results of llama.cpp on a V100 (ggml-4-x86-cuda-v100)';
export const HEXAGON = 'ggml-org/llama.cpp docs/backend/hexagon/README.md, batch 128';
const SIZING =
  'sizes of `llama_kv_cache` lines of an Ollama server, listed in the module of a public home server that sizes contexts by them (2026-07-31)';

export const CACHES: readonly (readonly [PublishedModel, number, Cache, number, string])[] = [
  ['mistral-7b-instruct', 2048, 'f16', 256, 'fedora-copr/logdetective pull request 106'],
  ['mistral-7b-instruct', 32_768, 'f16', 4096, 'fedora-copr/logdetective pull request 106'],
  [
    'llama-3.1-8b',
    32_768,
    'f16',
    4096,
    'log of llama-server in a public repository: "32768 cells, 32 layers"',
  ],
  ['llama-3.2-3b', 4096, 'f16', 448, 'public table of cache types, llama.cpp b8247'],
  ['llama-3.1-70b', 4096, 'f16', 1280, 'public log of llama.cpp over RPC: "4096 cells, 80 layers"'],
  ['phi-2', 2048, 'f16', 640, CI],
  ['phi-3-mini-128k', 131_328, 'f16', 49_248, 'ggml-org/llama.cpp issue 6849, comment of 2024-05-13'],
  ['phi-3-medium', 512, 'f16', 100, 'ggml-org/llama.cpp issue 7439'],
  ['qwen2.5-3b', 16_384, 'f16', 576, SIZING],
  ['qwen3-4b', 8192, 'f16', 1152, 'log of llama-server, RTX card, in a public repository (2026-10-08)'],
  ['qwen3-8b', 40_960, 'f16', 5760, SIZING],
  ['qwen3-14b', 16_384, 'f16', 2560, SIZING],
  ['qwen3-coder-30b-a3b', 65_536, 'f16', 6144, 'public log of llama-server: "65536 cells, 48 layers"'],
  ['olmoe-1b-7b', 8192, 'q8_0', 544, HEXAGON],
  [
    'deepseek-v2',
    163_840,
    'f16',
    805_306_368_032 / MiB,
    'ggml-org/llama.cpp issue 7118, comment of 2024-06-05',
  ],
  ['deepseek-r1', 32_768, 'f16', 2196, 'ikawrakow/ik_llama.cpp pull request 235, c^KV'],
  ['deepseek-r1', 32_768, 'q8_0', 1166.62, 'ikawrakow/ik_llama.cpp pull request 259, c^KV'],
  // Keys and values of the layers that attend, and the recurrent states of the others.
  [
    'qwen3.5-9b',
    262_144,
    'q8_0',
    4352 + 50.25,
    'waired-ai/waired-agent docs/knowledges/20260920/1400-engine-pins-0342-and-uv-01217.md; states from a public llama-server log: "32 layers, 1 seqs"',
  ],
  ['qwen3.5-9b', 262_144, 'f16', 8192 + 50.25, SIZING],
  [
    'qwen3.5-27b',
    24_576,
    'f16',
    1536 + 149.62,
    'public log of Ollama: "24576 cells, 16 layers", "1 cell, 64 layers"',
  ],
  [
    'gpt-oss-20b',
    131_072,
    'f16',
    3072 + 18,
    'public log of llama.cpp on an Apple M5: 131072 and 768 cells, 12 layers each',
  ],
];

export interface Buffers {
  readonly name: PublishedModel;
  readonly tokens: number;
  readonly batch: number;
  readonly flashAttention: boolean;
  /** Of Ollama with an engine of that time. */
  readonly serverVersion: string;
  readonly published: number;
  readonly source: string;
  readonly embedding?: true;
}

const OLD = '0.12.0';
const NEW = '0.33.0';
/** Of the two qwen 2.5 logs the context is not in the excerpt; up to these their buffers do not depend on it. */
export const BUFFERS: readonly Buffers[] = [
  {
    name: 'mistral-7b-instruct',
    tokens: 2048,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 164,
    source: 'fedora-copr/logdetective pull request 106',
  },
  {
    name: 'mistral-7b-instruct',
    tokens: 32_768,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 2144,
    source: 'fedora-copr/logdetective pull request 106',
  },
  {
    name: 'phi-3-mini-128k',
    tokens: 131_328,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 8500.51,
    source: 'ggml-org/llama.cpp issue 6849',
  },
  {
    name: 'phi-2',
    tokens: 2048,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 162,
    source: CI,
  },
  {
    name: 'bge-small-en',
    tokens: 512,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 16.75,
    source: CI,
    embedding: true,
  },
  {
    name: 'llama-3.1-70b',
    tokens: 4096,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 588.01,
    source: 'public log of llama.cpp over RPC',
  },
  {
    name: 'qwen2.5-3b',
    tokens: 4096,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 300.75,
    source: 'SciSharp/LLamaSharp issue 1099',
  },
  {
    name: 'qwen2.5-7b',
    tokens: 2048,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 304,
    source: 'JamePeng/llama-cpp-python pull request 1',
  },
  {
    name: 'qwen3-coder-30b-a3b',
    tokens: 65_536,
    batch: 512,
    flashAttention: true,
    serverVersion: OLD,
    published: 300.75,
    source: 'public log of llama-server',
  },
  {
    name: 'gpt-oss-20b',
    tokens: 131_072,
    batch: 512,
    flashAttention: true,
    serverVersion: OLD,
    published: 420.08,
    source: 'public log of llama.cpp on an Apple M5',
  },
  {
    name: 'gpt-oss-20b',
    tokens: 131_072,
    batch: 2048,
    flashAttention: true,
    serverVersion: OLD,
    published: 1672.08,
    source: 'public log of llama.cpp on an Apple M5',
  },
  {
    name: 'qwen3-4b',
    tokens: 8192,
    batch: 512,
    flashAttention: true,
    serverVersion: NEW,
    published: 85.01,
    source: 'log of llama-server, RTX card, in a public repository (2026-10-08)',
  },
  {
    name: 'qwen3.5-9b',
    tokens: 262_144,
    batch: 2048,
    flashAttention: true,
    serverVersion: NEW,
    published: 10_527 - 4717.38 - 4352 - 50.25,
    source: 'waired-ai/waired-agent, same document: projected less the rest',
  },
];

export interface Instance {
  readonly name: PublishedModel;
  readonly fileMiB: number;
  /** Of the token embedding that stays on the host; null where the output shares it. */
  readonly hostMiB: number | null;
  readonly tokens: number;
  readonly batch: number;
  readonly cache: Cache;
  readonly serverVersion: string;
  readonly weights: number;
  readonly total: number;
  readonly source: string;
}

export const INSTANCES: readonly Instance[] = [
  {
    name: 'qwen3.5-9b',
    fileMiB: 4717.38 + 545.63,
    hostMiB: 545.63,
    tokens: 262_144,
    batch: 2048,
    cache: 'q8_0',
    serverVersion: '0.33.3',
    weights: 4717.38,
    total: 10_527,
    source:
      'Ollama 0.33.3, waired-ai/waired-agent docs/knowledges/20260920/1400-engine-pins-0342-and-uv-01217.md',
  },
  {
    name: 'qwen3-4b',
    fileMiB: 2375.91,
    hostMiB: null,
    tokens: 8192,
    batch: 512,
    cache: 'f16',
    serverVersion: NEW,
    weights: 2375.91,
    total: 2375.91 + 1152 + 85.01,
    source: 'log of llama-server, RTX card, in a public repository (2026-10-08)',
  },
  {
    name: 'qwen3-coder-30b-a3b',
    fileMiB: 30_658.12 + 315.3,
    hostMiB: 315.3,
    tokens: 65_536,
    batch: 512,
    cache: 'f16',
    serverVersion: OLD,
    weights: 30_658.12,
    total: 30_658.12 + 6144 + 300.75,
    source: 'public log of llama-server',
  },
  {
    name: 'qwen2.5-14b',
    fileMiB: 8148.38 + 417.66,
    hostMiB: 417.66,
    tokens: 8192,
    batch: 512,
    cache: 'f16',
    serverVersion: OLD,
    weights: 8148.38,
    total: Number.NaN,
    source: 'ollama/ollama issue 9091, weights only',
  },
];

/** On each card of a model that lies on several. */
export const SPLIT_BUFFERS: readonly (Omit<Buffers, 'embedding'> & { readonly cards: number })[] = [
  {
    name: 'deepseek-r1',
    cards: 8,
    tokens: 8192,
    batch: 512,
    flashAttention: false,
    serverVersion: OLD,
    published: 2322.01,
    source: 'public log of llama.cpp on eight ROCm cards: 8192 cells, 61 layers, "n_copies=4"',
  },
  {
    // Its cache is that of 40 layers of 1,024 each: 23,480 MiB at 150,272 tokens.
    name: 'mistral-small-24b',
    cards: 2,
    tokens: 150_272,
    batch: 4096,
    flashAttention: true,
    serverVersion: OLD,
    published: 12_710.31,
    source: 'ggml-org/llama.cpp pull request 16748, comment of 2025-12-11',
  },
];
