/** What the failures of processes and folders mean to those who use a backend. */
import { BackendError, messageOf } from '../../domain/errors.ts';
import {
  ProcessExitedError,
  ProcessStuckError,
  ProgramBackingOffError,
  ProgramNotRunnableError,
  ReadinessLimitError,
  SupervisorStoppedError,
} from '../supervisor/index.ts';

/** What a cell is told to end for when everything is. */
export const SERVER_STOPS = 'The server is stopping.';

/** A cell that did not start. What is no failure of a process (a signal's reason, a BackendError) stays what it is. */
export function startFailure(error: unknown): unknown {
  if (error instanceof SupervisorStoppedError || error instanceof ProgramBackingOffError) {
    return new BackendError('BACKEND_UNREACHABLE', 'wait', messageOf(error), { cause: error });
  }
  if (error instanceof ProgramNotRunnableError) return unusable(messageOf(error), error);
  if (error instanceof ProcessExitedError || error instanceof ReadinessLimitError) {
    return new BackendError('LOAD_FAILED', 'retry', messageOf(error), { cause: error });
  }
  if (error instanceof ProcessStuckError) {
    return new BackendError('BACKEND_ERROR', 'retry', messageOf(error), { cause: error });
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'PROCESS_RECORD_NOT_WRITTEN' || code === 'PORT_TAKEN') {
    return new BackendError('LOAD_FAILED', 'retry', messageOf(error), { cause: error });
  }
  return error;
}

/** Something that a person has to put right; jobs wait for it. */
export function unusable(message: string, cause?: unknown): BackendError {
  return new BackendError('BACKEND_UNREACHABLE', 'wait', message, { cause });
}

/** The `code` of an error of Node's. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
