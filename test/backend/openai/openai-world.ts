/** A server of OpenAI's API, and this program in front of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../../src/app.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Config, OpenAiBackendConfig } from '../../../src/config/config.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import {
  type RunningVirtualOpenAi,
  runVirtualOpenAi,
  type VirtualOpenAiOptions,
} from '../../../src/virtual-openai/index.ts';
import { AppClient, startApp, testConfig } from '../../app/test-app.ts';

export class OpenAiWorld extends AppClient implements AsyncDisposable {
  readonly server: RunningVirtualOpenAi;
  readonly #dataDir: string;

  private constructor(app: App, server: RunningVirtualOpenAi, dataDir: string) {
    super(app);
    this.server = server;
    this.#dataDir = dataDir;
  }

  static async start(
    options: {
      readonly server?: VirtualOpenAiOptions;
      readonly backend?: Partial<OpenAiBackendConfig>;
      readonly config?: Partial<Config>;
      readonly clock?: Clock;
      /** Beside it. */
      readonly others?: Config['backends'];
    } = {},
  ): Promise<OpenAiWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-openai-'));
    const server = await runVirtualOpenAi(options.server);
    const backend: OpenAiBackendConfig = {
      name: 'rig',
      type: 'openai',
      url: server.url,
      parallel: null,
      vramBytes: null,
      gpus: [{ probe: 'none' }],
      ...options.backend,
    };
    const app = await startApp(
      testConfig(dataDir, [backend, ...(options.others ?? [])], options.config),
      options.clock,
    );
    return new OpenAiWorld(app, server, dataDir);
  }

  get url(): string {
    return new URL(this.app.graphqlUrl).origin;
  }

  /** What the last job sent there: the backend also asks, without a prompt, whether a path exists. */
  lastSent(path: '/v1/chat/completions' | '/v1/completions'): JsonObject | undefined {
    const isJob = (body: JsonObject | null) => body !== null && ('prompt' in body || 'messages' in body);
    return this.server.requests.findLast((one) => one.path === path && isJob(one.body))?.body ?? undefined;
  }

  async post(path: string, body: object): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop({ graceMs: 0 });
    await this.server.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
