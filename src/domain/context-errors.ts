/** A prompt that is longer than its context: at the door, by its text, or on the backend, by its tokens. */
import { BackendError, type BackendErrorOptions, VramkeeperError } from './errors.ts';

/** The prompt is longer than any context that the model can have here, and nobody asked for it to be cut. */
export class ContextLengthExceededError extends VramkeeperError {
  readonly code = 'CONTEXT_LENGTH_EXCEEDED';
  /** At least so many, by the length of its text. */
  readonly promptTokens: number;
  /** The longest context that the model can have. */
  readonly contextLength: number;

  constructor(modelName: string, { promptTokens, contextLength, heldBy }: ContextLimit) {
    const why =
      heldBy === 'model'
        ? `${modelName} takes at most ${contextLength}`
        : `the GPUs can hold ${modelName} with at most ${contextLength}`;
    super(
      `The prompt has more than ${promptTokens} tokens, and ${why}. Shorten it, choose another model, or set truncate to true to have it cut.`,
    );
    this.promptTokens = promptTokens;
    this.contextLength = contextLength;
  }
}

export interface ContextLimit {
  readonly promptTokens: number;
  readonly contextLength: number;
  /** What stands in the way of more. */
  readonly heldBy: 'model' | 'memory';
}

/** The prompt does not fit into the context, and the backend was not to cut it. */
export class PromptTooLongError extends BackendError {
  /** As the backend counted them; null where it did not say. */
  readonly promptTokens: number | null;

  constructor(
    message: string,
    options?: BackendErrorOptions & { readonly promptTokens?: number | null | undefined },
  ) {
    super('CONTEXT_LENGTH_EXCEEDED', 'none', message, options);
    this.promptTokens = options?.promptTokens ?? null;
  }
}
