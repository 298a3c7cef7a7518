/** This program in front of given backends, in a folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { AppClient, startApp, testConfig } from '../app/test-app.ts';

export class TemporaryApp extends AppClient implements AsyncDisposable {
  readonly #dataDir: string;

  private constructor(app: AppClient['app'], dataDir: string) {
    super(app);
    this.#dataDir = dataDir;
  }

  static async start(backends: Config['backends']): Promise<TemporaryApp> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-engines-'));
    return new TemporaryApp(await startApp(testConfig(dataDir, backends)), dataDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop({ graceMs: 0 });
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
