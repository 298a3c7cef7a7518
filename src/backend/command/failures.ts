/** What went wrong with a command, in the words of whoever wrote it. */
import { BackendError, messageOf } from '../../domain/errors.ts';
import { startFailure, unusable } from '../cells/failures.ts';
import {
  ProcessExitedError,
  ProgramBackingOffError,
  ProgramNotRunnableError,
  ReadinessLimitError,
} from '../supervisor/index.ts';

/** As llama.cpp, vLLM, PyTorch, SGLang and the drivers say that a card, or the host, has too little memory. */
const OUT_OF_MEMORY = [
  /out of (device |gpu |host )?memory/i,
  /cudaMalloc failed/i,
  /OutOfMemoryError/,
  /(failed|unable) to allocate .*(buffer|memory|tensor|KV cache)/i,
  /failed to (load model|create context).*memory/i,
  /No available memory for the cache blocks/i,
  /Free memory on device .* is less than desired/i,
  /ErrorOutOfDeviceMemory/,
  /std::bad_alloc/,
];

/**
 * A start that did not do. What a person has to put right holds the jobs of its model; where memory ran out, more is tried; else
 * it is tried again. What is no failure of a process stays what it is.
 */
export function commandFailure(error: unknown, modelName: string): unknown {
  if (error instanceof ProgramNotRunnableError)
    return unusable(`The command of ${modelName} cannot be run: ${messageOf(error)}`, error);
  if (error instanceof ProgramBackingOffError)
    return new BackendError('LOAD_FAILED', 'retry', `The server of ${messageOf(error)}`, { cause: error });
  if (error instanceof ProcessExitedError || error instanceof ReadinessLimitError) {
    const lines = error instanceof ProcessExitedError ? error.exit.lastLines : error.lastLines;
    const isFull = lines.some((line) => OUT_OF_MEMORY.some((pattern) => pattern.test(line)));
    const message = `${messageOf(error)}${error instanceof ReadinessLimitError ? SLOW : ''}`;
    const options = { cause: error };
    return isFull
      ? new BackendError('OUT_OF_MEMORY', 'free-memory', message, options)
      : new BackendError('LOAD_FAILED', 'retry', message, options);
  }
  return startFailure(error);
}

const SLOW =
  '\nWhere it listens elsewhere, its command needs --port {port} and --host 127.0.0.1; where it is ready by another path, write ready; where it needs more time, readyWithin.';
