/** Why clients' wishes are rounded: two requests that differ by a few tokens should share an instance, not evict each other's. */
const SMALLEST_CONTEXT = 2048;

export interface ContextSources {
  /** What a client asked for. */
  readonly requested: number | null;
  /** What the configuration says for this model. */
  readonly configured: number | null;
  /** `num_ctx` of the Modelfile. */
  readonly modelfile: number | null;
  /** What the configuration says for all others. */
  readonly fallback: number;
  /** What the model was trained for; Ollama gives no more. */
  readonly trained: number | null;
}

/** Tokens of one slot: the first that is given, a wish rounded up to a power of two, none above what the model was trained for. */
export function contextLengthOf(sources: ContextSources): number {
  const { requested, configured, modelfile, fallback, trained } = sources;
  const wanted = requested === null ? (configured ?? modelfile ?? fallback) : roundedUp(requested);
  return trained === null ? wanted : Math.min(wanted, trained);
}

function roundedUp(tokens: number): number {
  return Math.max(SMALLEST_CONTEXT, 2 ** Math.ceil(Math.log2(tokens)));
}
