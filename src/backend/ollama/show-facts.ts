/** What `/api/show` tells of a model, in our words. */
import { greatest } from '../../domain/long-lists.ts';
import type { ArchitectureFacts, Capability, RunnerOptions } from '../../domain/model.ts';
import { runnerParameters } from './runner-parameters.ts';
import { tensorFacts } from './tensor-facts.ts';
import type { ShowAnswer } from './wire.ts';

export interface ShowFacts {
  /** Null when the Modelfile names no blob: a model in another format. */
  readonly weights: string | null;
  readonly contextLength: number | null;
  readonly defaultContextLength: number | null;
  readonly capabilities: readonly Capability[] | null;
  readonly facts: ArchitectureFacts | null;
  /** Of its Modelfile, but `num_ctx`. */
  readonly runnerOptions: RunnerOptions;
}

export function showFacts(show: ShowAnswer): ShowFacts {
  const facts = architectureFacts(show);
  return {
    weights: weightsOf(show.modelfile),
    contextLength: (facts && numberAt(show, `${facts.architecture}.context_length`)) ?? null,
    defaultContextLength: contextParameter(show.parameters),
    capabilities: capabilitiesOf(show.capabilities ?? null) ?? inferCapabilities(show, facts),
    facts,
    runnerOptions: runnerParameters(show),
  };
}

/**
 * The blobs that are loaded: the weights and a projector are `FROM` lines, adapters `ADAPTER` lines. The line that `FROM` gives
 * a name in is a comment.
 */
function weightsOf(modelfile: string): string | null {
  const blobs = [...modelfile.matchAll(/^(?:FROM|ADAPTER)\s.*sha256[-:]([0-9a-f]{64})\s*$/gim)].map(
    (match) => match[1],
  );
  return blobs.length > 0 ? blobs.join('+') : null;
}

/** `parameters` is text, one `name<spaces>value` a line, in random order. */
function contextParameter(parameters: string): number | null {
  const match = /^num_ctx\s+(\d+)\s*$/m.exec(parameters);
  return match ? Number(match[1]) : null;
}

const CAPABILITIES: readonly string[] = [
  'completion',
  'tools',
  'insert',
  'vision',
  'embedding',
  'thinking',
  'image',
  'audio',
] satisfies readonly Capability[];

/** Those that we know of; newer servers may tell of more. */
export function capabilitiesOf(names: readonly string[] | null): readonly Capability[] | null {
  return names?.filter((name): name is Capability => CAPABILITIES.includes(name)) ?? null;
}

/** Servers before capabilities were told: Ollama's own rule is that a pooling type makes an embedding model. */
function inferCapabilities(show: ShowAnswer, facts: ArchitectureFacts | null): readonly Capability[] | null {
  if (!facts) return null;
  return show.model_info?.[`${facts.architecture}.pooling_type`] === undefined
    ? ['completion']
    : ['embedding'];
}

/** Our names for the keys that follow the architecture's prefix. */
const NAMED = {
  blockCount: 'block_count',
  embeddingLength: 'embedding_length',
  headCount: 'attention.head_count',
  headCountKv: 'attention.head_count_kv',
  keyLength: 'attention.key_length',
  valueLength: 'attention.value_length',
  slidingWindow: 'attention.sliding_window',
  expertCount: 'expert_count',
  expertUsedCount: 'expert_used_count',
} as const;

function architectureFacts(show: ShowAnswer): ArchitectureFacts | null {
  const architecture = show.model_info?.['general.architecture'];
  if (typeof architecture !== 'string') return null;
  const named: Record<string, number> = {};
  const taken = new Set(['general.parameter_count']);
  for (const [name, key] of Object.entries(NAMED)) {
    const value = numberAt(show, `${architecture}.${key}`);
    taken.add(`${architecture}.${key}`);
    if (value !== undefined) named[name] = value;
  }
  const parameterCount = numberAt(show, 'general.parameter_count');
  const tensors = tensorFacts(show.tensors ?? [], named.blockCount ?? 0);
  return {
    architecture,
    ...(parameterCount !== undefined && { parameterCount }),
    ...named,
    other: { ...vocabulary(show, architecture), ...otherNumbers(show, taken) },
    ...(tensors && { tensors }),
  };
}

/** The vocabulary's size is often only in the shape of the token embedding, whose larger side it is. */
function vocabulary(show: ShowAnswer, architecture: string): Record<string, number> {
  const shape = show.tensors?.find((tensor) => tensor.name === 'token_embd.weight')?.shape;
  return shape ? { [`${architecture}.vocab_size`]: greatest(shape) } : {};
}

function otherNumbers(show: ShowAnswer, taken: ReadonlySet<string>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(show.model_info ?? {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && !taken.has(entry[0]),
    ),
  );
}

function numberAt(show: ShowAnswer, key: string): number | undefined {
  const value = show.model_info?.[key];
  return typeof value === 'number' ? value : undefined;
}
