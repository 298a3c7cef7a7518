/** Providers, and this program in front of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../../../src/app.ts';
import type { Clock } from '../../../../src/clock.ts';
import type {
  BackendConfig,
  Config,
  ProviderBackendConfig,
  ProviderModelConfig,
} from '../../../../src/config/config.ts';
import { AppClient, startApp, testConfig } from '../../../app/test-app.ts';

export const KEY = 'sk-a-key-that-nobody-may-see';
export const PRICE = { prompt: 3, completion: 15, cachedPrompt: 0.5 };

export const named = (
  more: Partial<ProviderModelConfig> & { readonly model: string },
): ProviderModelConfig => ({
  price: PRICE,
  kinds: null,
  contextLength: null,
  maxTokens: null,
  ...more,
});

export function provider(url: string, more: Partial<ProviderBackendConfig> = {}): ProviderBackendConfig {
  return {
    name: 'company',
    type: 'provider',
    url,
    api: 'openai',
    headers: { authorization: `Bearer ${KEY}` },
    concurrency: 4,
    requestsPerMinute: null,
    models: null,
    gpus: [{ probe: 'none' }],
    ...more,
  };
}

export class ProviderWorld extends AppClient implements AsyncDisposable {
  readonly #dataDir: string;

  private constructor(app: App, dataDir: string) {
    super(app);
    this.#dataDir = dataDir;
  }

  static async start(
    backends: readonly BackendConfig[],
    more: Partial<Config> = {},
    clock?: Clock,
  ): Promise<ProviderWorld> {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-provider-'));
    return new ProviderWorld(await startApp(testConfig(dataDir, backends, more), clock), dataDir);
  }

  get url(): string {
    return new URL(this.app.graphqlUrl).origin;
  }

  /** A job with its whole usage, when it has ended. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
  async used(id: string): Promise<any> {
    await this.ended(id);
    const { job } = await this.query(
      `query ($id: ID!) { job(id: $id) { status failure { code message } backend { name } result {
        ... on TextResult { text thinking doneReason toolCalls usage { ...Used } }
        ... on EmbedResult { count usage { ...Used } } } } }
       fragment Used on TokenUsage { promptTokens completionTokens cachedPromptTokens cost }`,
      { id },
    );
    return job;
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
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
