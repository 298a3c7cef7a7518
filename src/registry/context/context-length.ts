/** How many tokens of context a model gets. */
import { roundContextLength } from '../../domain/queue-key.ts';

/** What a model can have where nobody asks for a context. */
export interface ContextRange {
  /** Tokens that it gets on every backend that has it. */
  readonly usual: number;
  /** Whether it stays as it is: the configuration says so of this model, or its server has one that nobody can tell. */
  readonly isFixed: boolean;
  /** What it was trained for; null where nobody tells. */
  readonly most: number | null;
}

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
  const wanted = requested === null ? (configured ?? modelfile ?? fallback) : roundContextLength(requested);
  return trained === null ? wanted : Math.min(wanted, trained);
}
