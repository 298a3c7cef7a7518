/** A real server process before a virtual Ollama, both on free ports, with its data in a folder of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GiB } from '../../../src/domain/units.ts';
import {
  type RunningVirtualOllama,
  runVirtualOllama,
  type VirtualOllamaOptions,
} from '../../../src/virtual-ollama/index.ts';
import { eventually } from '../../support/eventually.ts';
import { type Ended, RunningProgram, type RunOptions, run } from './program.ts';

export class Served implements AsyncDisposable {
  readonly folder: string;
  readonly ollama: RunningVirtualOllama;
  readonly server: RunningProgram;
  readonly url: string;

  private constructor(folder: string, ollama: RunningVirtualOllama, server: RunningProgram, url: string) {
    this.folder = folder;
    this.ollama = ollama;
    this.server = server;
    this.url = url;
  }

  static async start(options: VirtualOllamaOptions = {}): Promise<Served> {
    const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-cli-'));
    const ollama = await runVirtualOllama({ gpus: [{ totalBytes: 24 * GiB }], speed: 20, ...options });
    const { server, url } = await serve(folder, ollama.url);
    const served = new Served(folder, ollama, server, url);
    await served.untilModelsAreKnown();
    return served;
  }

  /** A client command for this server. */
  run(args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> {
    return run(args, { cwd: this.folder, ...options, env: { VRAMKEEPER_URL: this.url, ...options.env } });
  }

  /** The same, to be followed while it runs. */
  begin(args: readonly string[]): RunningProgram {
    return new RunningProgram(args, { cwd: this.folder, env: { VRAMKEEPER_URL: this.url } });
  }

  async query(text: string): Promise<unknown> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text }),
    });
    return response.json();
  }

  async untilModelsAreKnown(): Promise<void> {
    await eventually(
      () => this.query('{ models(first: 1) { totalCount } }'),
      (seen) => JSON.stringify(seen).includes('"totalCount":10'),
    );
  }

  async untilPulling(model: string): Promise<void> {
    await eventually(
      () => this.query('{ modelPulls { modelName status } }'),
      (seen) => JSON.stringify(seen).includes(`{"modelName":"${model}","status":"RUNNING"}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.ollama.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Starts `vramkeeper serve` on a free port and waits for its ready line. */
export async function serve(
  folder: string,
  backendUrl: string,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly server: RunningProgram; readonly url: string }> {
  const server = new RunningProgram(
    ['serve', '--port', '0', '--data-dir', join(folder, 'data'), '--backend', backendUrl, ...more],
    { cwd: folder, env },
  );
  const [, url = ''] = await server.untilSaid(/vramkeeper is ready: (\S+)/);
  return { server, url };
}
