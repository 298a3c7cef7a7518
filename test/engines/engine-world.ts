/** A real server of OpenAI's API with a real model, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { findFreePort } from '../../src/backend/supervisor/free-port.ts';
import { eventually } from '../support/eventually.ts';
import { installEngine } from './engine.ts';

const PROGRAM = join(import.meta.dirname, 'llama-server.py');

export class RealServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;
  #output = '';

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#output = (this.#output + bytes.toString('utf8')).slice(-4_000);
      });
  }

  /** @param alias the name by which its model is listed */
  static async start(alias: string, flags: readonly string[] = []): Promise<RealServer> {
    const { python, model } = await installEngine();
    const port = await findFreePort();
    const args = [PROGRAM, '--model', model, '--port', String(port), '--alias', alias, ...flags];
    const server = new RealServer(`http://127.0.0.1:${port}`, spawn(python, args));
    await eventually(
      () => server.#isReady(),
      (isReady) => isReady,
    );
    return server;
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error(`The engine ended: ${this.#output}`);
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}
