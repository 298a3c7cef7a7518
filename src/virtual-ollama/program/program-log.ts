import { writeSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { AnsweredRequest } from '../http/application.ts';

const STDOUT = 1;
const STDERR = 2;

/**
 * Writes at once, and to where the output went when the process started. When the reader of a pipe is gone, the next line is the death of the
 * process, as of any program that does not care: its engine is left behind. A full disk harms nobody.
 */
function write(file: number, text: string): void {
  try {
    writeSync(file, text);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') dieOfBrokenPipe();
  }
}

function dieOfBrokenPipe(): void {
  // Node ignores the signal from its start; a listener that is taken away again restores what the system does with it.
  const listener = () => {};
  process.on('SIGPIPE', listener);
  process.off('SIGPIPE', listener);
  process.kill(process.pid, 'SIGPIPE');
}

const two = (value: number) => String(value).padStart(2, '0');

/** The log of `ollama serve`: lines of its own to stderr, one line for each request to stdout. */
export class ProgramLog {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `time=… level=INFO source=routes.go:2008 msg="…" …` */
  info(source: string, message: string, rest = ''): void {
    this.#line('INFO', source, message, rest);
  }

  warn(source: string, message: string, rest = ''): void {
    this.#line('WARN', source, message, rest);
  }

  #line(level: string, source: string, message: string, rest: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    const tail = rest === '' ? '' : ` ${rest}`;
    this.raw(`time=${time} level=${level} source=${source} msg=${JSON.stringify(message)}${tail}`);
  }

  raw(line: string): void {
    write(STDERR, `${line}\n`);
  }

  request({ method, path, status, tookMs, from }: AnsweredRequest): void {
    const now = new Date(this.#clock.now());
    const date = `${now.getUTCFullYear()}/${two(now.getUTCMonth() + 1)}/${two(now.getUTCDate())}`;
    const time = `${two(now.getUTCHours())}:${two(now.getUTCMinutes())}:${two(now.getUTCSeconds())}`;
    const took = `${tookMs.toFixed(3)}ms`;
    write(
      STDOUT,
      `[GIN] ${date} - ${time} | ${status} | ${took.padStart(13)} | ${from.padStart(15)} | ${method.padEnd(8)} ${JSON.stringify(path)}\n`,
    );
  }
}
