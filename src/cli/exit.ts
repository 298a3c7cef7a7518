/** How a command ends. */
import { VramkeeperError } from '../domain/errors.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Runs a command and takes its exit code. Each one is loaded when it is called: the client commands need nothing of the server. */
export type Run = (work: () => Promise<ExitCode>) => Promise<void>;

/** The command was called in a way that makes no sense. Ends it with 2. */
export class UsageError extends VramkeeperError {
  readonly code = 'USAGE';
}

/** The command could not do what it was asked to. Ends it with 1. */
export class CommandError extends VramkeeperError {
  readonly code = 'COMMAND_FAILED';
}
