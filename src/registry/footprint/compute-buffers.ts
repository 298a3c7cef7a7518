/**
 * The buffers that a graph is computed in, as llama.cpp reserves them for the worst case of a whole batch against a full context.
 * Its logs print them as "compute buffer size"; the coefficients are read off those of many models, and a test holds them there.
 */
import type { ArchitectureFacts, InstanceConfig } from '../../domain/model.ts';
import { MiB } from '../../domain/units.ts';

/** The engine's own buffers differ with its version and with the card, by about so much: at least this is added to what nobody has measured. */
export const UNTOLD_BUFFER_BYTES = 256 * MiB;

/** A vocabulary as large as they come, for models that do not tell. */
const UNKNOWN_VOCABULARY = 262_144;
/** Rows of the embedding's length that are alive at once, besides those of the feed-forward layer. */
const LIVE_ROWS = 8;
/** The same without flash attention, where the scores outweigh the feed-forward layer. */
const LIVE_ROWS_BESIDE_SCORES = 6;
/** The inner length of a feed-forward layer is about so many times the embedding's, where a model does not tell. */
const USUAL_EXPANSION = 4;
const FLOAT_BYTES = 4;
/** Batches that are under way at once where a model lies on several cards (llama.cpp's "pipeline parallelism", `n_copies`). */
const PIPELINED_BATCHES = 4;

export interface GraphShape {
  /** Of all slots. */
  readonly tokens: number;
  readonly parallel: number;
  readonly batch: number;
  readonly flashAttention: InstanceConfig['flashAttention'];
  readonly embedding: boolean;
  readonly reserve: ReserveRules;
}

/** What the engine reserves, which changed in 2026. */
export interface ReserveRules {
  /** Logits for every token of a batch, rather than for one of each slot (until llama.cpp pull request 23861). */
  readonly logitsOfWholeBatch: boolean;
  /** Of the attention mask, for each token of a batch against each of the context: once as f16, or as f32 besides. */
  readonly maskElementBytes: number;
  /** The part of it that comes with each batch. */
  readonly maskInputBytes: number;
}

/** The first version of Ollama that is known to contain an engine with the smaller reserve. */
const SMALLER_RESERVE = [0, 33] as const;

/** Of a server whose version is unknown the larger ones. */
export function reserveRules(serverVersion: string | null): ReserveRules {
  const match = /^v?(\d+)\.(\d+)/.exec(serverVersion ?? '');
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  const smaller = major > SMALLER_RESERVE[0] || minor >= SMALLER_RESERVE[1];
  return smaller
    ? { logitsOfWholeBatch: false, maskElementBytes: 2, maskInputBytes: 2 }
    : { logitsOfWholeBatch: true, maskElementBytes: 6, maskInputBytes: 4 };
}

/** Bytes on the GPU. Never fall when context, slots or batch grow. */
export function computeBufferBytes(facts: ArchitectureFacts, shape: GraphShape): number {
  const { batch, tokens, reserve } = shape;
  const width = facts.embeddingLength ?? 0;
  const layer =
    shape.flashAttention === false
      ? // The scores of every head, and the mask, for a whole batch against the whole context.
        FLOAT_BYTES * batch * (tokens * ((facts.headCount ?? 0) + 1) + LIVE_ROWS_BESIDE_SCORES * width)
      : reserve.maskElementBytes * batch * tokens +
        FLOAT_BYTES * batch * (2 * feedForwardLength(facts) + LIVE_ROWS * width);
  // The output comes last and uses the memory of the layers again.
  return Math.ceil(Math.max(layer, outputBytes(facts, shape)));
}

/**
 * Bytes on each card of a model that lies on several: as much as on a single one, and what goes into the layers there (the mask, and what
 * comes from the card before) once more for every further batch that is under way.
 */
export function splitComputeBufferBytes(facts: ArchitectureFacts, shape: GraphShape): number {
  const { batch, tokens, reserve } = shape;
  const maskBytes = shape.flashAttention === false ? FLOAT_BYTES : reserve.maskInputBytes;
  const inputs = maskBytes * batch * tokens + FLOAT_BYTES * batch * (facts.embeddingLength ?? 0);
  return computeBufferBytes(facts, shape) + Math.ceil((PIPELINED_BATCHES - 1) * inputs);
}

function outputBytes(facts: ArchitectureFacts, shape: GraphShape): number {
  if (shape.embedding) return 0;
  const vocabulary = facts.other[`${facts.architecture}.vocab_size`] ?? UNKNOWN_VOCABULARY;
  const rows = shape.reserve.logitsOfWholeBatch ? shape.batch : shape.parallel;
  return FLOAT_BYTES * (rows * vocabulary + shape.batch * (facts.embeddingLength ?? 0));
}

/** Of a mixture only the experts that a token is sent to work on it. */
function feedForwardLength(facts: ArchitectureFacts): number {
  const own = (name: string) => facts.other[`${facts.architecture}.${name}`];
  const ofExpert = own('expert_feed_forward_length');
  if (ofExpert !== undefined && facts.expertUsedCount !== undefined) return ofExpert * facts.expertUsedCount;
  return own('feed_forward_length') ?? USUAL_EXPANSION * (facts.embeddingLength ?? 0);
}
