import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OllamaError } from '../../ollama-api/errors.ts';
import type { EngineProcess } from '../core/engine-process.ts';

/** The engine's own program, beside this file. */
const ENGINE = fileURLToPath(new URL('./llama-server.js', import.meta.url));

/** Starts the engine's program in the process group of this one, with its environment. */
export function spawnEngine(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [ENGINE, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
}

/** An engine as a process of its own. It sends back every byte that it gets: that is how it is asked, and how it speaks. */
export class EngineChild implements EngineProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #asked: (() => void)[] = [];
  readonly #exitCallbacks: (() => void)[] = [];
  #exited = false;

  /** @throws OllamaError when the system has no room for another process. */
  constructor(args: readonly string[], onExit: (code: number | null, signal: string | null) => void) {
    this.#child = spawnEngine(args);
    const { pid, stdin, stdout } = this.#child;
    // Without a listener each of these would end the server.
    this.#child.on('error', () => {});
    stdin?.on('error', () => {});
    stdout?.on('error', () => {});
    if (pid === undefined) throw new OllamaError(500, 'error starting llama-server: fork/exec failed');
    this.pid = pid;
    stdout?.on('data', (bytes: Buffer) => {
      for (const then of this.#asked.splice(0, bytes.byteLength)) then();
    });
    this.#child.once('exit', (code, signal) => {
      this.#exited = true;
      this.#asked.length = 0;
      for (const callback of this.#exitCallbacks.splice(0)) callback();
      onExit(code, signal);
    });
  }

  echo(then: () => void): void {
    if (this.#exited) return;
    this.#asked.push(then);
    this.#child.stdin?.write('.');
  }

  onExit(callback: () => void): void {
    if (this.#exited) callback();
    else this.#exitCallbacks.push(callback);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
