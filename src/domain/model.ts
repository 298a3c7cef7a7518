/** Models as backends know them, and what of them ends up in memory. */

export type Capability =
  | 'completion'
  | 'tools'
  | 'insert'
  | 'vision'
  | 'embedding'
  | 'thinking'
  | 'image'
  | 'audio';

/** The numbers of a model's architecture that its memory depends on; absent where the backend does not tell. */
export interface ArchitectureFacts {
  readonly architecture: string;
  readonly parameterCount?: number;
  /** Layers. */
  readonly blockCount?: number;
  readonly embeddingLength?: number;
  readonly headCount?: number;
  readonly headCountKv?: number;
  readonly keyLength?: number;
  readonly valueLength?: number;
  readonly slidingWindow?: number;
  readonly expertCount?: number;
  readonly expertUsedCount?: number;
  /** Every other numeric key of the model's own metadata, by its full name. */
  readonly other: Readonly<Record<string, number>>;
  /** What the list of its tensors tells; absent where the server gives none, as newer ones do. */
  readonly tensors?: TensorFacts;
}

/** What a model's tensors tell of its memory, more exactly than its metadata do. */
export interface TensorFacts {
  /** Of the weights, without an encoder for pictures or sound in the same file. */
  readonly weightBytes: number;
  /** Of that encoder; 0 where there is none, or where it is a file of its own. */
  readonly encoderBytes: number;
  /** The part of the weights that turns tokens into numbers. */
  readonly embeddingBytes: number;
  /** The output layer uses the token embedding, and has no weights of its own. */
  readonly outputTied: boolean;
  /** What one token leaves in each layer, null in layers without attention; absent where tensors are fused and do not tell. */
  readonly attention?: readonly (KeyValueWidth | null)[];
  /** Layers that keep a state of fixed size instead of, or beside, keys and values. */
  readonly recurrentLayers: number;
  /** Keys and values are kept compressed, and never expanded for the cache. */
  readonly latentAttention: boolean;
}

/** Numbers, not bytes. */
export interface KeyValueWidth {
  readonly key: number;
  readonly value: number;
}

/** One model of one backend. */
export interface ModelInfo {
  /** Canonical, with tag. */
  readonly name: string;
  /** Of the manifest: changes whenever anything about the model changes. 64 hex digits. */
  readonly digest: string;
  /** What is loaded: the digests of weights, adapters and projector. Aliases with equal weights share an instance. */
  readonly weights: string;
  readonly diskBytes: number;
  /** When its name got what it means now, epoch milliseconds; absent where the server does not tell. */
  readonly modifiedAt?: number;
  readonly family: string | null;
  readonly parameterSize: string | null;
  readonly quantization: string | null;
  /** Tokens it was trained for. */
  readonly contextLength: number | null;
  /** `num_ctx` of its Modelfile. */
  readonly defaultContextLength: number | null;
  readonly capabilities: readonly Capability[];
  readonly facts: ArchitectureFacts | null;
  /** What else of its Modelfile makes its runner different from that of another name of the same weights. Absent: nothing. */
  readonly runnerOptions?: RunnerOptions;
  /** What its backend says of how it is run; absent: the general rules hold, as for models that a server of Ollama's loads. */
  readonly launch?: LaunchRules;
  /** GPU memory of one instance in all, where somebody has said it. Absent: as its facts and its loads tell. */
  readonly vramBytes?: number;
  /** Only its name and size are known yet: what is loaded of it, and as what, is still to be told. Absent: all is known. */
  readonly pending?: boolean;
}

/** How a model is run by what is said where its server is started. */
export interface LaunchRules {
  /** Its context is the one that its server is started with: no request changes that. */
  readonly contextIsFixed: boolean;
  /** The slots of an instance; absent: those of its backend. */
  readonly slots?: {
    readonly most: number;
    /** Nobody named their number, so that it may get fewer where its cards are too small for all. */
    readonly mayReduce: boolean;
  };
  /** How long it stays in memory unused; null: until the memory is needed. Absent: as long as any. */
  readonly keepAliveMs?: number | null;
  /** Indexes of the GPUs that it lies on, in equal parts of each. Absent: wherever there is room. */
  readonly gpus?: readonly number[];
}

/** Options that force a reload when they differ from those of the running instance. Absent: the server's default. */
export interface RunnerOptions {
  readonly num_ctx?: number;
  readonly num_batch?: number;
  readonly num_gpu?: number;
  readonly main_gpu?: number;
  readonly use_mmap?: boolean;
  readonly num_thread?: number;
  readonly draft_num_predict?: number;
  /** Whether the context moves on when it is full. No option of Ollama's, but a field of a request, and a flag of the engine's launch. */
  readonly shift?: boolean;
}

/** Names of options that a client may not set: they belong to whoever owns the memory. */
export const RUNNER_OPTION_NAMES = [
  'num_ctx',
  'num_batch',
  'num_gpu',
  'main_gpu',
  'use_mmap',
  'num_thread',
  'draft_num_predict',
] as const satisfies readonly (keyof RunnerOptions)[];

/** Weights with the runner options they are loaded with. */
export interface Variant {
  /** The name that loads it; other names may share the weights. */
  readonly modelName: string;
  readonly weights: string;
  /** Tokens of one slot. */
  readonly contextLength: number;
  readonly options: RunnerOptions;
  readonly embedding: boolean;
}

/**
 * What to name for a runner that someone else loaded with this context (null where the server does not tell it): how many of its layers he
 * asked to be on GPUs nobody can see.
 */
export function adoptedOptions(options: RunnerOptions, contextLength: number | null): RunnerOptions {
  const { num_gpu: _, num_ctx: __, ...rest } = options;
  return contextLength === null ? rest : { num_ctx: contextLength, ...rest };
}

/** Whether what asks for `asked` runs on what was loaded as `loaded` as it would on its own: the weights, no less context, the same shift. */
export function covers(loaded: Variant, asked: Variant): boolean {
  return (
    loaded.weights === asked.weights &&
    loaded.contextLength >= asked.contextLength &&
    loaded.options.shift === asked.options.shift
  );
}

/** Whether it is no model for text. Of what is said to do nothing at all, text is expected. */
export function onlyEmbeds({ capabilities }: Pick<ModelInfo, 'capabilities'>): boolean {
  return capabilities.includes('embedding') && !capabilities.includes('completion');
}

/** What identifies a variant: equal keys can share an instance. */
export function residencyKey(variant: Variant): string {
  const options = Object.entries(variant.options).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${variant.weights}?${options.map(([name, value]) => `${name}=${value}`).join('&')}`;
}

/** How an instance is set up besides its variant; both together key a footprint. */
export interface InstanceConfig {
  /** Slots. */
  readonly parallel: number;
  readonly kvCacheType: 'f16' | 'q8_0' | 'q4_0';
  readonly flashAttention: boolean | null;
}
