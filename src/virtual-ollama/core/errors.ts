import { OllamaError } from '../../ollama-api/errors.ts';

/** What an engine's death leaves behind. It carries no status of its own: routes disagree about it. */
export class EngineError extends OllamaError {
  constructor(message: string) {
    super(500, message);
  }
}

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
