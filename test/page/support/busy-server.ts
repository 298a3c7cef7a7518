/** A server in the middle of its work: two cards, several clients, a queue, a reservation, a pin. The same with each run, but for time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../../src/app.ts';
import { type Random, seededRandom, systemClock } from '../../../src/clock.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { GiB } from '../../../src/domain/units.ts';
import { createLoggerOn } from '../../../src/telemetry/logger.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { eventually } from '../../support/eventually.ts';

const SEED = 7;
const CLIENTS = ['evaluation', 'chat', 'nightly', 'notebook'];
const MODELS = ['qwen2.5:0.5b', 'gemma:2b', 'phi3:mini', 'llama3.1:8b', 'qwen2.5:7b', 'mistral:7b'];
const PROMPTS = [
  'Explain the tides in two sentences.',
  'Write a short poem about a lighthouse.',
  'List three facts about river deltas.',
  'Summarise the plot of a detective story in five lines.',
];

export class BusyServer implements AsyncDisposable {
  readonly app: App;
  readonly ollama: RunningVirtualOllama;
  readonly #folder: string;

  private constructor(app: App, ollama: RunningVirtualOllama, folder: string) {
    this.app = app;
    this.ollama = ollama;
    this.#folder = folder;
  }

  static async start(jobs = 90): Promise<BusyServer> {
    const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-page-'));
    const ollama = await runVirtualOllama({
      gpus: [{ totalBytes: 24 * GiB, name: 'NVIDIA RTX 4090' }],
      numParallel: 4,
      maxLoadedModels: 5,
      speed: 1,
      tokensPerSecond: 40,
      random: seededRandom(SEED),
    });
    const base = await loadConfig({ port: '0', dataDir: folder }, { env: {}, cwd: folder, home: folder });
    const config: Config = {
      ...base,
      backends: [
        {
          name: 'workstation',
          type: 'ollama',
          url: ollama.url,
          parallel: 4,
          maxLoadedModels: 5,
          gpus: [{ probe: 'virtual', index: null }],
        },
      ],
      pollIntervalMs: 250,
    };
    const logger = createLoggerOn({ write: () => {} }, 'silent', systemClock);
    const app = createApp(config, { clock: systemClock, logger, random: seededRandom(SEED) });
    await app.start();
    const server = new BusyServer(app, ollama, folder);
    await server.#fill(jobs, seededRandom(SEED));
    return server;
  }

  async ask(query: string, variables: object = {}, client = 'admin') {
    const response = await fetch(this.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-client': client },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      // biome-ignore lint/suspicious/noExplicitAny: what is selected is the caller's own affair.
      data: any;
      errors?: readonly { message: string }[];
    };
    if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop({ graceMs: 0 });
    await this.ollama.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #fill(jobs: number, random: Random): Promise<void> {
    const names = async (): Promise<readonly string[]> => {
      const { models } = await this.ask('{ models(first: 100) { nodes { name } } }');
      return models.nodes.map(({ name }: { name: string }) => name);
    };
    const known = await eventually(names, (found) => found.length > 0);
    const models = MODELS.filter((name) => known.includes(name));
    await this.ask('mutation ($input: ReserveVramInput!) { reserveVram(input: $input) { __typename } }', {
      input: { bytes: 3 * GiB, owner: 'pytest-workers', lease: 1_800_000 },
    });
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
    for (let index = 0; index < jobs; index += 1) {
      const input = {
        model: pick(models),
        priority: pick(['HIGH', 'NORMAL', 'NORMAL', 'LOW']),
        labels: [{ key: 'suite', value: pick(['mmlu', 'regression', 'demo']) }],
        request: {
          generate: {
            prompt: pick(PROMPTS),
            options: { maxTokens: 120 + Math.floor(random.next() * 400), seed: index },
          },
        },
      };
      await this.ask(
        'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename ... on UserError { message } } }',
        { input },
        pick(CLIENTS),
      );
    }
    await this.ask('mutation { pinModel(input: { model: "qwen2.5:0.5b" }) { __typename } }');
    const states = async (): Promise<readonly string[]> => {
      const { backends } = await this.ask('{ backends { instances { status } } }');
      return backends[0].instances.map(({ status }: { status: string }) => status);
    };
    await eventually(states, (all) => all.filter((status) => status === 'READY').length >= 2);
  }
}
