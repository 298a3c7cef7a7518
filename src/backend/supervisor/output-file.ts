/** What a process writes: a file that it appends to, whose older part is cut off from time to time. */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Clock, Timer } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { OutputEndedError } from './errors.ts';
import { LineReader } from './line-reader.ts';

export interface OutputFileOptions {
  readonly path: string;
  /** Of both files together, about. */
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FOLLOWED_POLL_MS = 15;
const IDLE_POLL_MS = 250;
/** At one look. */
const MOST_READ_BYTES = 16 * 1024 ** 2;
const CHUNK_BYTES = 64 * 1024;
/** What is kept to show; longer tails are in the file. */
const TAIL_BYTES = 256 * 1024;

/**
 * The program writes to the file itself, not to a pipe: a pipe would kill it at its next line when we die. It opened nothing and
 * cannot be told to open another file, so the file is bounded by truncation: its newest half is copied to `PATH.old`, then it is cut
 * to nothing, and O_APPEND makes the program go on at its new end. What it writes in the microseconds between the end of the copy and
 * the cut is lost, and a flood may pass the limit by what it writes between two looks.
 */
export class OutputFile {
  readonly path: string;
  readonly #limitBytes: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #descriptor: number;
  readonly #readers = new Set<LineReader>();
  #timer: Timer | undefined;
  readonly #ended = new AbortController();
  #failure: string | undefined;

  /** Looks after the file, which must be there. */
  constructor(options: OutputFileOptions) {
    this.path = options.path;
    this.#limitBytes = options.limitBytes;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#descriptor = openSync(options.path, 'r+');
    this.#schedule();
  }

  /** A new file, and the descriptor for the program's stdout and stderr; whoever starts it closes that one. */
  static create(options: OutputFileOptions): { readonly file: OutputFile; readonly descriptor: number } {
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants;
    const descriptor = openSync(options.path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0o600);
    try {
      return { file: new OutputFile(options), descriptor };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Both files that output is kept in. */
  static remove(path: string): void {
    rmSync(path, { force: true });
    rmSync(oldPath(path), { force: true });
  }

  /** The newest lines, oldest first; also when closed. A last line without an end counts. */
  tail(lineCount: number): readonly string[] {
    return OutputFile.tailOf(this.path, lineCount);
  }

  /** The same for output that nobody looks after; none when there is no such file. */
  static tailOf(path: string, lineCount: number): readonly string[] {
    if (lineCount <= 0) return [];
    const now = readEnd(path, TAIL_BYTES);
    const before = readEnd(oldPath(path), TAIL_BYTES - now.length);
    const lines = Buffer.concat([before, now]).toString('utf8').split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-lineCount);
  }

  /** Calls back with every complete line that is kept or will be written, until released or closed. */
  follow(onLine: (line: string) => void): () => void {
    const reader = new LineReader(onLine);
    this.#readers.add(reader);
    this.#schedule();
    return () => {
      this.#readers.delete(reader);
    };
  }

  /**
   * The first match of a complete line, of those kept or those to come. Rejects with the signal's reason when it aborts first.
   * @throws OutputEndedError when there will be no more lines
   */
  waitFor(pattern: RegExp, signal: AbortSignal): Promise<RegExpExecArray> {
    // A pattern with a memory (g, y) would start each line where it left off in the one before.
    const stateless = new RegExp(pattern, pattern.flags.replace(/[gy]/g, ''));
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const either = AbortSignal.any([signal, this.#ended.signal]);
    if (either.aborted) return Promise.reject(either.reason);
    const release = this.follow((line) => {
      const match = stateless.exec(line);
      if (match) resolve(match);
    });
    const onAbort = () => reject(either.reason);
    either.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => {
      release();
      either.removeEventListener('abort', onAbort);
    });
  }

  /** Reads what is there now for those who follow, and cuts the file when it is too long. */
  look(): void {
    if (this.#ended.signal.aborted) return;
    try {
      for (const reader of this.#readers) this.#feed(reader);
      if (fstatSync(this.#descriptor).size > this.#limitBytes / 2) this.#cut();
      this.#failure = undefined;
    } catch (error) {
      // The disk; the program goes on, and so does the next look. Said once, not at every look.
      const failure = messageOf(error);
      if (failure !== this.#failure) this.#logger.warn(`${this.path} cannot be looked after: ${failure}`);
      this.#failure = failure;
    }
  }

  /** No more looks; `tail` goes on working. */
  close(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new OutputEndedError(`There is no more output in ${this.path}.`));
    this.#timer?.cancel();
    this.#readers.clear();
    closeSync(this.#descriptor);
  }

  #schedule(): void {
    this.#timer?.cancel();
    if (this.#ended.signal.aborted) return;
    const waitMs = this.#readers.size > 0 ? FOLLOWED_POLL_MS : IDLE_POLL_MS;
    this.#timer = this.#clock.after(waitMs, () => {
      this.look();
      this.#schedule();
    });
  }

  #feed(reader: LineReader): void {
    if (!reader.hasBegun) {
      reader.hasBegun = true;
      reader.push(readEnd(oldPath(this.path), this.#limitBytes));
    }
    const size = fstatSync(this.#descriptor).size;
    // Cut by somebody else: what is there now is new.
    if (size < reader.offset) reader.offset = 0;
    // A flood: not all of it is worth the time that it takes from everybody else.
    if (size - reader.offset > MOST_READ_BYTES) reader.skipTo(size - MOST_READ_BYTES);
    while (reader.offset < size) {
      const chunk = this.#read(reader.offset, Math.min(CHUNK_BYTES, size - reader.offset));
      if (chunk.length === 0) return;
      reader.offset += chunk.length;
      reader.push(chunk);
    }
  }

  #cut(): void {
    const kept: Buffer[] = [];
    let at = Math.max(0, fstatSync(this.#descriptor).size - Math.floor(this.#limitBytes / 2));
    // Once more for what came meanwhile, but not for ever against a program that writes as fast as we read.
    for (let round = 0; round < 2; round += 1) {
      const chunk = this.#read(at, fstatSync(this.#descriptor).size - at);
      kept.push(chunk);
      at += chunk.length;
    }
    for (const reader of this.#readers) this.#feed(reader);
    ftruncateSync(this.#descriptor, 0);
    for (const reader of this.#readers) reader.offset = 0;
    try {
      writeFileSync(oldPath(this.path), Buffer.concat(kept), { mode: 0o600 });
    } catch {
      // A full disk: the cut was the help that it needed, and the old lines are its price.
      rmSync(oldPath(this.path), { force: true });
    }
  }

  #read(offset: number, length: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, length));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(this.#descriptor, buffer, filled, buffer.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }
}

function oldPath(path: string): string {
  return `${path}.old`;
}

/** The last bytes of a file; nothing when it is not there. */
function readEnd(path: string, bytes: number): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, bytes));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(descriptor);
  }
}
