/** The settings of one server, complete and checked: what `loadConfig` makes of all their sources. */
import type { ClientTable } from '../domain/client-limits.ts';
import type { HopelessDeadlines } from '../domain/hopeless-deadline.ts';
import type { JobPriority } from '../domain/job.ts';
import type { Price } from '../domain/price.ts';
import type { Scope } from '../domain/scopes.ts';
import type { Task } from '../domain/task.ts';
import type { CacheConfig } from './cache.ts';
import type { StorePlace } from './store-place.ts';

export type GpuConfig =
  /** Read by `nvidia-smi`; all cards unless an index is given. */
  | { readonly probe: 'nvidia'; readonly index: number | null }
  /** Read from the files of the amdgpu driver; all discrete cards unless an index is given. */
  | { readonly probe: 'amd'; readonly index: number | null }
  /** Read from an exporter of Prometheus metrics on the backend's host; all cards unless an index is given. */
  | {
      readonly probe: 'prometheus';
      /** Of the metrics themselves. */
      readonly url: string;
      readonly index: number | null;
      /** How often the exporter measures; null for what its kind does unless told otherwise. */
      readonly intervalMs: number | null;
    }
  /** Read from a virtual Ollama; all cards unless an index is given. */
  | { readonly probe: 'virtual'; readonly index: number | null }
  /** Nobody measures it: the size is what the configuration says. */
  | { readonly probe: 'fixed'; readonly index: number; readonly totalBytes: number }
  /** The host has no GPU that counts. */
  | { readonly probe: 'none' };

/** Server processes that vramkeeper starts and ends itself, one for every model in memory. */
export interface ManagedConfig {
  /** An absolute path, or a name that is looked up on the PATH. */
  readonly binary: string;
  /** The model folder, which may not be there yet. */
  readonly models: string;
  /** Tokens of one slot, where neither client nor model says. */
  readonly contextLength: number;
  /** Slots of each instance. */
  readonly parallel: 'auto' | number;
  /** What the KV cache is kept as. */
  readonly kvCacheType: 'f16' | 'q8_0' | 'q4_0';
  /** Null: as Ollama finds right for the card. */
  readonly flashAttention: boolean | null;
  /** Loads under way at once. */
  readonly parallelLoads: number;
  /** Processes without a model that stand ready, for each GPU. */
  readonly warmCells: number;
  /** Host memory in which one engine may keep prompts. */
  readonly promptCacheBytes: number;
  /** What is loaded is left running at the end, for the next start to take over. */
  readonly keep: boolean;
  /** For each process, on top of what vramkeeper sets. */
  readonly env: Readonly<Record<string, string>>;
}

interface AnyBackendConfig {
  /** Unique among the backends. */
  readonly name: string;
  /** Without a slash at its end; `managed:NAME` of a managed one, whose processes have ports of their own. */
  readonly url: string;
  /** Sent with every request to an attached server, such as its key; never shown to anybody. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `auto`: virtual if the URL offers it, nvidia or amd if they answer on the backend's host, else none. */
  readonly gpus: 'auto' | readonly GpuConfig[];
}

export interface OllamaBackendConfig extends AnyBackendConfig {
  readonly type: 'ollama';
  /** Null or absent: attached. */
  readonly managed?: ManagedConfig | null;
  /** The server's OLLAMA_NUM_PARALLEL, which its API does not tell. */
  readonly parallel: number;
  /** The server's OLLAMA_KV_CACHE_TYPE. Absent: its default, unless its loads show another. */
  readonly kvCacheType?: ManagedConfig['kvCacheType'];
  /** The server's OLLAMA_MAX_LOADED_MODELS; null for its default, three for each GPU and at least three. */
  readonly maxLoadedModels: number | null;
}

/** A server of OpenAI's API that others run with the models that they chose. */
export interface OpenAiBackendConfig extends AnyBackendConfig {
  readonly type: 'openai';
  readonly managed?: null;
  /** Requests of one model that are sent at once; null for as many as the server says. */
  readonly parallel: number | null;
  /** GPU memory that all of its models take together; null where the probe shows it as somebody else's. */
  readonly vramBytes: number | null;
}

/** One model of a backend whose servers are started by commands. */
export interface CommandModelConfig {
  /** The program and its arguments, with placeholders; never read by a shell. */
  readonly command: readonly string[];
  /** On top of the backend's, with placeholders. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: the root folder. */
  readonly cwd: string | null;
  /** What it can do; null: as its file and its command tell. */
  readonly kinds: readonly ('generate' | 'chat' | 'embed')[] | null;
  /** Answers when it is ready; null: `/health`, or else `/v1/models`. */
  readonly ready: string | null;
  readonly readyWithinMs: number;
  /** GPU memory that it takes in all; null: as its file tells, until its loads show it. */
  readonly vramBytes: number | null;
  /** It lies on each of these, and on no others; null: where there is room. */
  readonly gpus: readonly number[] | null;
  /** Slots; null: the usual. */
  readonly parallel: number | null;
  /** Tokens of one slot; null: the usual. */
  readonly contextLength: number | null;
  /** How its server puts the model to sleep and wakes it; absent: it is ended and started. */
  readonly sleep?: 'vllm';
  /** How long it stays in memory unused; null: until the memory is needed. Absent: as the general setting says. */
  readonly stopAfterMs?: number | null;
  /** Further names. */
  readonly aliases: readonly string[];
}

/** Servers that vramkeeper starts and ends itself, one for every model in memory, each by a command of its own. */
export interface CommandBackendConfig extends AnyBackendConfig {
  readonly type: 'command';
  readonly managed?: null;
  readonly models: Readonly<Record<string, CommandModelConfig>>;
  /** Loads under way at once. */
  readonly parallelLoads: number;
  /** What is loaded is left running at the end, for the next start to take over. */
  readonly keep: boolean;
  /** For each process. */
  readonly env: Readonly<Record<string, string>>;
}

/** Whose API a provider speaks. */
export const PROVIDER_APIS = ['openai', 'anthropic'] as const;
export type ProviderApi = (typeof PROVIDER_APIS)[number];

/** One model of a provider. */
export interface ProviderModelConfig {
  /** As the provider calls it. */
  readonly model: string;
  /** Null: what it costs is not counted. */
  readonly price: Price | null;
  /** What it can do; null: as its name tells. */
  readonly kinds: CommandModelConfig['kinds'];
  /** Tokens of a prompt and its answer; null: as the provider tells, else the usual of its API. */
  readonly contextLength: number | null;
  /** Of an answer whose request names no limit, where the API wants one; null: the usual. */
  readonly maxTokens: number | null;
}

/** Models of a company that are paid for by the token. They take no memory here. */
export interface ProviderBackendConfig extends AnyBackendConfig {
  readonly type: 'provider';
  readonly managed?: null;
  readonly api: ProviderApi;
  /** Requests that are sent at once, of all models together. */
  readonly concurrency: number;
  /** Null: as many as it bears. */
  readonly requestsPerMinute: number | null;
  /** By the names that jobs use; null: all that the provider lists, by its own names. */
  readonly models: Readonly<Record<string, ProviderModelConfig>> | null;
}

export type BackendConfig =
  | OllamaBackendConfig
  | OpenAiBackendConfig
  | CommandBackendConfig
  | ProviderBackendConfig;

/** Of a backend whose server processes are started here: the variables that they are given. Null where others run them. */
export function ownProcesses(
  backend: BackendConfig,
): { readonly env: Readonly<Record<string, string>> } | null {
  return backend.type === 'command' ? backend : (backend.managed ?? null);
}

/** Settings of one model; null where the general rule holds. */
export interface ModelConfig {
  /** Tokens of one slot. */
  readonly contextLength: number | null;
  readonly parallel: number | null;
  /** How long it stays in memory unused; null: until the memory is needed. */
  readonly keepAliveMs: number | null;
  /** Whether it may run partly on the CPU where no GPU could ever hold it whole. Absent: such a model is refused. */
  readonly partialOffload?: boolean;
}

/** GPU memory that is not vramkeeper's to give. */
export interface ReservationConfig {
  readonly owner: string;
  readonly bytes: number;
  /** Null: every backend's. */
  readonly backend: string | null;
  /** Null: every GPU. */
  readonly gpu: number | null;
  /** Only while a program whose name contains this uses the GPU; null for always. */
  readonly whileProcess: string | null;
}

export interface KeyConfig {
  /** The client that the key stands for. */
  readonly name: string;
  /** Itself, or its SHA-256 as `sha256:` and hexadecimal digits. */
  readonly key: string;
  /** Short for the scope ADMIN. */
  readonly admin: boolean;
  /** Absent: those of a member, or of an administrator. */
  readonly scopes?: readonly Scope[];
  readonly maxPriority: JobPriority;
  /** When it stops to be one, epoch milliseconds of the wall clock. Absent: never. */
  readonly expiresAt?: number;
}

/** Callers without a key, where there are keys. */
export interface AnonymousConfig {
  readonly scopes: readonly Scope[];
  readonly maxPriority: JobPriority;
}

/** `key`: whoever has an administrator's, where there are keys. */
export const METRICS_ACCESS = ['key', 'open', 'off'] as const;
export type MetricsAccess = (typeof METRICS_ACCESS)[number];

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Absolute; null for standard output. */
  readonly file: string | null;
}

/** How long a backend may show no sign of life. Absent: as long as is right for its kind. */
export interface PatienceConfig {
  /** A load without a sign that it gets on. */
  readonly loadStallMs?: number;
  /** From a request to the first byte of its answer. */
  readonly firstPieceMs?: number;
  /** Between two pieces of an answer. */
  readonly silenceMs?: number;
}

/** What becomes of a job whose client waited for it on an open connection and has gone: it is cancelled, or finished and kept like any other. */
export const ON_CLIENT_GONE = ['cancel', 'finish'] as const;
export type OnClientGone = (typeof ON_CLIENT_GONE)[number];

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Where programs look for an Ollama: the drop-in APIs are there, too. 0 lets the system choose; null or absent: nowhere. */
  readonly ollamaPort?: number | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Where jobs and all else are kept. Absent: in the data directory. */
  readonly store?: StorePlace;
  /** Never given out, of each GPU. */
  readonly headroomBytes: number;
  readonly backends: readonly BackendConfig[];
  /** How long finished jobs are kept. */
  readonly retentionMs: number;
  readonly models: Readonly<Record<string, ModelConfig>>;
  /** How long an idle model stays in memory; null: until the memory is needed. */
  readonly keepAliveMs: number | null;
  /** Loaded at the start, where memory is free. */
  readonly warmup: readonly string[];
  /** Loaded whenever memory is free for them. */
  readonly keepWarm: readonly string[];
  readonly reservations: readonly ReservationConfig[];
  /** Tokens of one slot, where neither the model's settings nor its Modelfile say. */
  readonly contextLength: number;
  /** The most jobs that may wait. */
  readonly queueLimit: number;
  /** What becomes of jobs whose deadline is hopeless when they come. Absent: they are flagged. */
  readonly hopelessDeadlines?: HopelessDeadlines;
  /** Who may read `/metrics`. Absent: `key`. */
  readonly metrics?: MetricsAccess;
  /** Absent: none. */
  readonly tasks?: readonly Task[];
  /** Answers that are given again to who asks the same. Absent: none. */
  readonly cache?: CacheConfig;
  /** Absent: no limits of single clients. */
  readonly clients?: ClientTable;
  readonly maxBodyBytes: number;
  /** The most bytes of files that are kept for batches. */
  readonly fileQuota: { readonly ofClient: number; readonly ofAll: number };
  /** The most bytes of images that clients hand in by themselves. */
  readonly imageQuota: { readonly ofClient: number; readonly ofAll: number };
  readonly onClientGone: OnClientGone;
  readonly keys: readonly KeyConfig[];
  /** Absent: nobody is let in without a key where there are keys. */
  readonly anonymous?: AnonymousConfig;
  /** Names that the server answers to beside its own, in lower case; `*` for any. */
  readonly hosts: readonly string[];
  /** Of pages of other sites that may use the server; `*` for any. */
  readonly origins: readonly string[];
  /** As OLLAMA_ORIGINS has them: of pages that may use the drop-in APIs alone. Absent: none. */
  readonly ollamaOrigins?: readonly string[];
  /** Whether programs are believed when they say for which of their users they ask. Absent: no. */
  readonly trustClientHeaders?: boolean;
  readonly log: LogConfig;
  /** Where changes are written down; absolute. Absent: nowhere. */
  readonly audit?: string;
  /** Between two readings of a backend and its GPUs. */
  readonly pollIntervalMs: number;
  /** Absent: every default. */
  readonly patience?: PatienceConfig;
  /** The file that was read; null when there is none. */
  readonly configFile: string | null;
  /**
   * Where programs on this machine look for an Ollama: one that answers there beside managed backends takes memory that is not theirs.
   * Null or absent: nobody looks.
   */
  readonly strayOllamaUrl?: string | null;
}

/** What could stand where no backend is named, and who named those that are. */
export interface OllamaAlternatives {
  /** The Ollama at OLLAMA_HOST or at its default address, run by somebody else. */
  readonly attached: BackendConfig;
  /** An `ollama` program of this machine, run by vramkeeper. */
  readonly managed: BackendConfig & { readonly managed: ManagedConfig };
  /** The place in the settings that names the backends, or the flag; null: nobody, so that one of both is chosen by what is there. */
  readonly namedBy: string | null;
}

/** `backends` are those that are named, else the attached alternative. */
export interface LoadedConfig extends Config {
  readonly ollama: OllamaAlternatives;
}
