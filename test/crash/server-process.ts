/** A real server process that a test can kill; it ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endsWithTest } from '../support/ends-with-test.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /**
   * Resolves when it says that it is ready. Its log is the file `log` in `dataDir`.
   * @param backend a mapping in YAML's flow style, as JSON is.
   * @param more of its environment.
   */
  static async start(
    dataDir: string,
    backend: string,
    logLevel = 'warn',
    more: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    const file = join(dataDir, 'vramkeeper.yaml');
    await writeFile(
      file,
      `port: 0\ndataDir: ${dataDir}/data\npollInterval: 200ms\nlog: { level: ${logLevel}, file: ${dataDir}/log }\nbackends:\n  - ${backend}\n`,
    );
    const child = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'serve', '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: dataDir,
      env: { ...process.env, ...more },
    });
    endsWithTest(() => child.kill('SIGKILL'));
    let output = '';
    const url = await new Promise<string>((resolveUrl, reject) => {
      const onData = (chunk: Buffer) => {
        output += chunk;
        const ready = /vramkeeper is ready: (\S+)/.exec(output);
        if (ready?.[1]) resolveUrl(ready[1]);
      };
      child.stdout?.on('data', onData);
      child.stderr?.on('data', onData);
      child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${output}`)));
    });
    return new ServerProcess(child, url);
  }

  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
    return this.#child.exitCode;
  }

  /** Null when the server went away before it answered. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
  async query(query: string, variables: object = {}): Promise<any> {
    try {
      const response = await fetch(`${this.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data?: unknown };
      return answer.data ?? null;
    } catch {
      return null;
    }
  }
}
