/** The first process of a cell, and how its end is learnt. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Clock, Timer } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import { ProgramNotRunnableError } from './errors.ts';
import { findProcess, isLiving, type ProcessIdentity, readStat } from './proc/stat.ts';
import type { ExitStatus } from './process-exit.ts';

export interface Leader {
  readonly identity: ProcessIdentity;
  /** Never rejects; does not resolve when released before. */
  readonly death: Promise<ExitStatus>;
  /** Looks now instead of when it would look next. */
  check(): void;
  /** No longer of interest; it may live on, and we may end before it. */
  release(): void;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/**
 * Starts a program in a session and group of its own, its output going to `descriptor`.
 * @throws ProgramNotRunnableError
 */
export async function spawnLeader(command: Command, descriptor: number): Promise<Leader> {
  let child: ChildProcess;
  try {
    child = spawn(command.command, command.args, {
      // Node would add this one by itself when it has it.
      env: { NODE_V8_COVERAGE: undefined, ...command.env },
      cwd: command.cwd,
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    });
  } catch (error) {
    throw notRunnable(command, error);
  }
  const death = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  // In the same tick: until the event loop turns the child cannot have been reaped, so this pid is its own.
  const stat = child.pid === undefined ? null : readStat(child.pid);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(notRunnable(command, error)));
  });
  // After the start, errors are of signals sent through the child, and none is sent that way.
  child.on('error', () => {});
  if (!stat) {
    child.kill('SIGKILL');
    throw notRunnable(command, new Error('/proc does not show it'));
  }
  return {
    identity: { pid: stat.pid, startTicks: stat.startTicks },
    death,
    check: () => {},
    release: () => child.unref(),
  };
}

const POLL_MS = 200;

/** A process that somebody else started: it can only be looked at, and how it ended is not told. */
export function watchLeader(identity: ProcessIdentity, clock: Clock): Leader {
  const { promise: death, resolve } = Promise.withResolvers<ExitStatus>();
  let timer: Timer | undefined;
  const check = () => {
    timer?.cancel();
    const stat = findProcess(identity);
    if (stat && isLiving(stat)) timer = clock.after(POLL_MS, check);
    else resolve({ code: null, signal: null });
  };
  check();
  return { identity, death, check, release: () => timer?.cancel() };
}

function notRunnable({ command, cwd }: Command, cause: unknown): ProgramNotRunnableError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  // The kernel reports a missing or closed folder as if it were the program.
  if ((code === 'ENOENT' || code === 'EACCES') && !isFolderUsable(cwd)) {
    return new ProgramNotRunnableError(
      `${command} cannot be run in ${cwd}: the folder is missing or closed to us.`,
      { cause },
    );
  }
  if (code === 'ENOENT') {
    return new ProgramNotRunnableError(
      `There is no program ${command}, or the interpreter that it names is missing. Install it or correct its path.`,
      { cause },
    );
  }
  if (code === 'EACCES') {
    return new ProgramNotRunnableError(
      `${command} may not be executed by this user. Check its permissions (\`chmod +x\`) and that its disk is not mounted with noexec.`,
      { cause },
    );
  }
  return new ProgramNotRunnableError(`${command} cannot be run: ${messageOf(cause)}.`, { cause });
}

function isFolderUsable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
