/** Runs nvidia-smi, however that ends. */
import { type ChildProcess, type ExecFileException, execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { messageOf } from '../domain/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How one run of the tool ended. */
export type ToolAnswer =
  | {
      readonly kind: 'ended';
      /** Null when a signal ended it. */
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  /** There is no such program. */
  | { readonly kind: 'absent' }
  /** The program is there, and could not be run. */
  | { readonly kind: 'refused'; readonly problem: string };

const LARGEST_OUTPUT_BYTES = 1024 ** 2;

type Ended = (error: ExecFileException | null, stdout: string, stderr: string) => void;

export class NvidiaTool {
  readonly binary: string;
  readonly env: Environment;
  /** A tool that waits for a broken driver cannot even be killed; more of them would only wait beside it. */
  readonly #children = new Set<ChildProcess>();

  /** @param env default: the environment of this process */
  constructor(binary: string, env: Environment | undefined) {
    this.binary = binary;
    // Whatever the language of the host: what the tool says is matched.
    this.env = { ...(env ?? process.env), LC_ALL: 'C' };
  }

  /** Whether a run that was given up is still there. */
  get isStuck(): boolean {
    return this.#children.size > 0;
  }

  /** Rejects when the signal ends it, with the signal's reason, and for nothing else. */
  run(query: readonly string[], signal: AbortSignal): Promise<ToolAnswer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<ToolAnswer>();
    // Not left to execFile: it would wait for the pipes, which a tool that cannot be killed keeps open.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    try {
      this.#start(query, signal, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number' && !error.signal) resolve(this.#notRun(error));
        else {
          const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
          resolve({ kind: 'ended', code, signal: error?.signal ?? null, stdout, stderr });
        }
      });
    } catch (error) {
      // Some failures of a start are thrown, and not told to the callback.
      resolve(this.#notRun(error));
    }
    return promise;
  }

  #start(query: readonly string[], signal: AbortSignal, ended: Ended): void {
    const options = {
      signal,
      killSignal: 'SIGKILL',
      maxBuffer: LARGEST_OUTPUT_BYTES,
      windowsHide: true,
      env: this.env,
    } as const;
    const child = execFile(this.binary, query, options, ended);
    this.#children.add(child);
    const gone = () => this.#children.delete(child);
    child.once('exit', gone);
    child.once('error', () => {
      // Without a pid it was never started; with one it may still be there.
      if (child.pid === undefined) gone();
    });
  }

  async #notRun(error: unknown): Promise<ToolAnswer> {
    if (!isMissing(error)) return { kind: 'refused', problem: messageOf(error) };
    // The same code tells of a script whose interpreter is missing.
    const found = await this.#find();
    return found === null
      ? { kind: 'absent' }
      : { kind: 'refused', problem: `${found} is there, but what it needs to run is not` };
  }

  async #find(): Promise<string | null> {
    const folders = isAbsolute(this.binary) ? [''] : (this.env.PATH ?? '').split(delimiter);
    for (const folder of folders) {
      const path = join(folder, this.binary);
      // One that may not be looked at is there.
      const isThere = await access(path).then(
        () => true,
        (error: unknown) => !isMissing(error),
      );
      if (isThere) return path;
    }
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
