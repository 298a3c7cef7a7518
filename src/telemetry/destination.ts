/** Where log lines go: a file or standard output. What cannot be written is dropped; it never stops the server. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';

export interface LineDestination {
  /** Whether a person sees the lines in colour. */
  readonly colors: boolean;
  write(line: string): void;
  /** Later lines are dropped. Safe to call twice. */
  close(): void;
}

/**
 * @param file absolute; null for standard output.
 * @param onBroken called once, with the first failure that is not a reader who went away.
 * @throws InvalidSettingError when the file cannot be opened.
 */
export function openDestination(file: string | null, onBroken: (error: Error) => void): LineDestination {
  let told = false;
  const tell = (error: unknown) => {
    if (told || codeOf(error) === 'EPIPE') return;
    told = true;
    onBroken(error instanceof Error ? error : new Error(String(error)));
  };
  return file === null ? standardOutput(tell) : lineFile(file, tell);
}

/** Node writes to terminals, files and pipes at once here, so nothing is left to flush at the end. */
function standardOutput(onError: (error: unknown) => void): LineDestination {
  const stream = process.stdout;
  let open = true;
  const onStreamError = (error: Error) => {
    open = false;
    onError(error);
  };
  // Stays after `close`: the error of the last line may come later, and unheard it would end the process.
  stream.on('error', onStreamError);
  return {
    colors: stream.isTTY && stream.hasColors(),
    write: (line) => {
      if (open) stream.write(line);
    },
    close: () => {
      open = false;
    },
  };
}

/** Each line is written at once, so that a killed process leaves all of them. A full disk loses lines until there is room again. */
function lineFile(file: string, onError: (error: unknown) => void): LineDestination {
  const fd = openForAppending(file);
  let open = true;
  return {
    colors: false,
    write: (line) => {
      if (!open) return;
      try {
        writeSync(fd, line);
      } catch (error) {
        onError(error);
      }
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function openForAppending(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    throw new InvalidSettingError(`log.file: ${file} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
