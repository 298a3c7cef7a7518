/** A whole server over a virtual Ollama, with its data in a folder of its own, spoken to over HTTP as anyone would. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { BackendConfig, Config, OllamaBackendConfig } from '../../src/config/config.ts';
import { GiB } from '../../src/domain/units.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import {
  type RunningVirtualOllama,
  runVirtualOllama,
  type VirtualOllamaOptions,
} from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';

export function testConfig(
  dataDir: string,
  backends: readonly BackendConfig[],
  more: Partial<Config> = {},
): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    headroomBytes: 0,
    backends,
    retentionMs: 7 * 86_400_000,
    models: {},
    keepAliveMs: null,
    warmup: [],
    keepWarm: [],
    reservations: [],
    contextLength: 4096,
    queueLimit: 100_000,
    onClientGone: 'cancel',
    maxBodyBytes: 20 * 1024 ** 2,
    fileQuota: { ofClient: GiB, ofAll: 2 * GiB },
    imageQuota: { ofClient: GiB, ofAll: 2 * GiB },
    keys: [],
    hosts: [],
    origins: [],
    log: { level: 'silent', format: 'text', file: null },
    pollIntervalMs: 100,
    configFile: null,
    ...more,
  };
}

export function attached(url: string, more: Partial<OllamaBackendConfig> = {}): OllamaBackendConfig {
  return { name: 'ollama', type: 'ollama', url, parallel: 2, maxLoadedModels: null, gpus: 'auto', ...more };
}

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

export async function startApp(config: Config, clock: Clock = systemClock): Promise<App> {
  const app = createApp(config, {
    clock,
    logger: createLoggerOn({ write: () => {} }, 'silent', systemClock),
  });
  await app.start();
  return app;
}

/** Asks a server as anyone would. */
export class AppClient {
  readonly app: App;

  constructor(app: App) {
    this.app = app;
  }

  async query(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(this.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      data: Data;
      errors?: readonly { message: string }[];
    };
    if (errors) throw new Error(errors.map((error) => error.message).join(' '));
    return data;
  }

  /** Submits and answers the result union's member. */
  async submit(input: object): Promise<Data> {
    const data = await this.query(
      `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename
        ... on SubmitJobPayload { deduplicated job { id status } }
        ... on UserError { code message }
        ... on InvalidInputError { issues { path message } }
        ... on ModelNotFoundError { suggestions }
        ... on QueueFullError { limit retryAfter } } }`,
      { input },
    );
    return data.submitJob;
  }

  /** Submits a short generation and answers its id. */
  async generate(model: string, more: object = {}): Promise<string> {
    const request = { generate: { prompt: 'Why is the sky blue?', options: { maxTokens: 8 } } };
    const { job } = await this.submit({ model, request, ...more });
    return job.id;
  }

  async job(id: string): Promise<Data> {
    const data = await this.query(
      `query ($id: ID!) { job(id: $id) { id status modelName failure { code message retryable }
        attempts { number failure { code } } waiting { reason explanation }
        result { __typename ... on TextResult { text doneReason raw usage { promptTokens completionTokens } }
          ... on EmbedResult { dimensions embeddings } } } }`,
      { id },
    );
    return data.job;
  }

  /** Resolves with the job when `condition` holds for it. */
  jobWhen(id: string, condition: (job: Data) => boolean): Promise<Data> {
    return eventually(() => this.job(id), condition);
  }

  ended(id: string): Promise<Data> {
    return this.jobWhen(id, (job) => ['COMPLETE', 'FAILED', 'CANCELLED'].includes(job.status));
  }
}

export class TestApp extends AppClient implements AsyncDisposable {
  readonly ollama: RunningVirtualOllama;
  readonly dataDir: string;

  private constructor(app: App, ollama: RunningVirtualOllama, dataDir: string) {
    super(app);
    this.ollama = ollama;
    this.dataDir = dataDir;
  }

  static async start(
    options: {
      readonly ollama?: VirtualOllamaOptions;
      readonly backend?: Partial<OllamaBackendConfig>;
      readonly config?: Partial<Config>;
      readonly clock?: Clock;
    } = {},
  ): Promise<TestApp> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-app-'));
    const ollama = await runVirtualOllama({
      gpus: [{ totalBytes: 24 * GiB }],
      numParallel: 2,
      speed: 20,
      ...options.ollama,
    });
    const config = testConfig(dataDir, [attached(ollama.url, options.backend)], options.config);
    const app = await startApp(config, options.clock);
    return new TestApp(app, ollama, dataDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop({ graceMs: 0 });
    await this.ollama.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
