import { VramkeeperError } from '../../domain/errors.ts';

/** What Ollama answers instead of a result: a status code and the text of `{"error": …}`. */
export class OllamaError extends VramkeeperError {
  readonly code = 'VIRTUAL_OLLAMA';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** What an engine's death leaves behind. It carries no status of its own: routes disagree about it. */
export class EngineError extends OllamaError {
  constructor(message: string) {
    super(500, message);
  }
}

/** The client went away before a runner was there. Nobody reads the answer; Ollama logs status 499. */
export class RequestCanceledError extends OllamaError {
  constructor() {
    super(499, 'request canceled');
  }
}

/** Two spaces, as Ollama writes it. */
export const QUEUE_FULL = 'server busy, please try again.  maximum pending requests exceeded';

const OUT_OF_MEMORY_TEXTS = [
  'out of memory',
  'out of device memory',
  'cudamalloc failed',
  'hipmalloc failed',
  'failed to allocate',
  'allocation failed',
  'not enough memory',
  'insufficient memory',
  'vk_error_out_of_device_memory',
  'erroroutofmemory',
];

/** Ollama's own classification of engine messages: these make it evict and retry, or expire everything. */
export function isOutOfMemory(error: Error): boolean {
  const text = error.message.toLowerCase();
  return OUT_OF_MEMORY_TEXTS.some((needle) => text.includes(needle));
}
