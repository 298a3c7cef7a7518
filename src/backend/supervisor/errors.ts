/** What can go wrong with a supervised process, each with a stable code. */
import { VramkeeperError } from '../../domain/errors.ts';
import type { ProcessExit } from './process-exit.ts';
import { quotedLines } from './quoted-output.ts';

/** This host lacks what proves a process to be ours. */
export class SupervisionUnsupportedError extends VramkeeperError {
  readonly code = 'SUPERVISION_UNSUPPORTED';
}

/** The program cannot be run: missing, not executable, or its working folder is not there. */
export class ProgramNotRunnableError extends VramkeeperError {
  readonly code = 'PROGRAM_NOT_RUNNABLE';
}

/** The data folder does not take the record of a process; nothing is run that could not be found again. */
export class ProcessRecordError extends VramkeeperError {
  readonly code = 'PROCESS_RECORD_NOT_WRITTEN';
}

/** It ended before it was ready. */
export class ProcessExitedError extends VramkeeperError {
  readonly code = 'PROCESS_EXITED';
  readonly exit: ProcessExit;

  constructor(name: string, exit: ProcessExit) {
    super(`${name} ended before it was ready: ${exit.why}${quote(exit.lastLines)}`);
    this.exit = exit;
  }
}

/** It neither ended nor became ready in time; it has been ended. */
export class ReadinessLimitError extends VramkeeperError {
  readonly code = 'READINESS_LIMIT';
  readonly lastLines: readonly string[];

  constructor(message: string, lastLines: readonly string[], options?: { readonly cause?: unknown }) {
    super(`${message}${quote(lastLines)}`, options);
    this.lastLines = lastLines;
  }
}

/** Every port that was chosen for it turned out to be taken. */
export class PortTakenError extends VramkeeperError {
  readonly code = 'PORT_TAKEN';
  readonly port: number;

  constructor(name: string, port: number) {
    super(`${name} found port ${port} taken by another program. Free it, or try again later.`);
    this.port = port;
  }
}

/** It keeps dying; it is not run again before some time has passed. */
export class ProgramBackingOffError extends VramkeeperError {
  readonly code = 'PROGRAM_BACKING_OFF';
  readonly deaths: number;
  readonly retryAfterMs: number;

  constructor(name: string, deaths: number, retryAfterMs: number) {
    super(
      `${name} died ${deaths} times in a row and is not started again before ${Math.ceil(retryAfterMs / 1000)} s have passed. Its log says why.`,
    );
    this.deaths = deaths;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A line that somebody waits for will not come: the process is gone, or nobody looks after it any more. */
export class OutputEndedError extends VramkeeperError {
  readonly code = 'OUTPUT_ENDED';
}

/** The supervisor was stopped. */
export class SupervisorStoppedError extends VramkeeperError {
  readonly code = 'SUPERVISOR_STOPPED';
}

/** A survivor that cannot be taken over: its first process is gone, or it is no longer what it was. */
export class NotAdoptableError extends VramkeeperError {
  readonly code = 'PROCESS_NOT_ADOPTABLE';
}

/** Even SIGKILL did not end it: a driver or a disk holds it in the kernel. What it holds is not free. */
export class ProcessStuckError extends VramkeeperError {
  readonly code = 'PROCESS_STUCK';
  readonly pids: readonly number[];

  constructor(name: string, pids: readonly number[]) {
    super(
      `${name} (pid ${pids.join(', ')}) does not end, not even by SIGKILL: the kernel holds it, most often a GPU driver or a disk. Look into the kernel log (\`dmesg\`); a reboot may be needed.`,
    );
    this.pids = pids;
  }
}

function quote(lines: readonly string[]): string {
  return lines.length === 0 ? ' It wrote nothing.' : ` Its last lines:\n${quotedLines(lines).join('\n')}`;
}
