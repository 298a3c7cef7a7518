import { VramkeeperError } from '../domain/errors.ts';

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

/** Two spaces, as Ollama writes it; its status is 503. */
export const QUEUE_FULL = 'server busy, please try again.  maximum pending requests exceeded';
