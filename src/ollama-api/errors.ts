import { VramkeeperError } from '../domain/errors.ts';
import { quoteGo } from './go-quote.ts';

/** What Ollama answers instead of a result: a status code and the text of `{"error": …}`. */
export class OllamaError extends VramkeeperError {
  readonly code = 'OLLAMA_ANSWER';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** The client went away before there was an answer. Nobody reads it; Ollama logs status 499. */
export class RequestCanceledError extends OllamaError {
  constructor() {
    super(499, 'request canceled');
  }
}

/** A model name in a request is empty: routes answer this differently. */
export class ModelRequiredError extends OllamaError {
  constructor() {
    super(400, 'model is required');
  }
}

/** A model name that no model can have. Some routes say more. */
export class InvalidModelNameError extends OllamaError {
  constructor() {
    super(400, 'invalid model name');
  }
}

/** Of generate, chat and show. */
export const modelNotFound = (name: string) => new OllamaError(404, `model '${name}' not found`);
/** Of the embedding routes. */
export const pullItFirst = (name: string) =>
  new OllamaError(404, `model ${quoteGo(name)} not found, try pulling it first`);

/** Of everything that would leave this machine. `subject` is with its verb: `remote model is`. */
export const cloudDisabled = (subject: string) =>
  new OllamaError(403, `ollama cloud is disabled: ${subject} unavailable`);

/** Two spaces, as Ollama writes it; its status is 503. */
export const QUEUE_FULL = 'server busy, please try again.  maximum pending requests exceeded';

/** Of a prompt or a text to embed that is not to be cut; its status is 400. Newer engines say the same in words of their own. */
export const INPUT_TOO_LONG = 'the input length exceeds the context length';
