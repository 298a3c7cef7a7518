/** A virtual Ollama without HTTP, as its clients see it: what requests, polls and readings take is written down here. */
import type { Clock, Random } from '../../src/clock.ts';
import type { BackendId } from '../../src/domain/ids.ts';
import type { ModelInfo, RunnerOptions } from '../../src/domain/model.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { runJob, VirtualOllamaCore } from '../../src/virtual-ollama/index.ts';
import { CARD_BYTES, CONTEXT_LENGTH, SERVER } from './virtual.ts';

const REQUEST_MS = 5;
const UNLOAD_POLL_MS = 50;
const PROMPT_TOKENS = 50;
/** Longer than any run. */
const ENDLESS_MS = 86_400_000;

export const VERSION = '0.33.0';
/** Between two readings as planned. */
export const INTERVAL_MS = 1_000;

export interface Taken {
  readonly sizeBytes: number;
  readonly vramBytes: number;
}

export class VirtualServer {
  readonly #clock: Clock;
  readonly #models: readonly ModelInfo[];
  readonly #core: VirtualOllamaCore;

  constructor(clock: Clock, random: Random, models: readonly ModelInfo[]) {
    this.#clock = clock;
    this.#models = models;
    this.#core = new VirtualOllamaCore({ clock, random, settings: SERVER });
  }

  get loads(): number {
    return this.#core.events.of('loaded').length;
  }

  get ownEvictions(): number {
    return this.#core.events.of('unloaded').filter(({ by }) => by === 'self').length;
  }

  load(
    model: string,
    options: RunnerOptions,
    report: { loaded(taken: Taken): void; failed(message: string): void },
  ): void {
    const loaded = () => {
      const engine = this.#runner(model)?.engine;
      if (engine) report.loaded({ sizeBytes: engine.totalBytes, vramBytes: engine.vramBytes });
      else report.failed(`${model} is gone again`);
    };
    runJob(
      this.#core,
      { model, promptTokens: 0, outputTokens: 0, options: { ...options }, keepAliveMs: ENDLESS_MS },
      {
        loaded: () => this.#clock.after(REQUEST_MS, loaded),
        done: () => {},
        failed: ({ message }) => report.failed(message),
      },
    );
  }

  unload(model: string, gone: () => void): void {
    const runner = this.#runner(model);
    if (runner) this.#core.scheduler.unload(runner.model);
    const look = () => {
      if (this.#runner(model)) this.#clock.after(UNLOAD_POLL_MS, look);
      else gone();
    };
    this.#clock.after(UNLOAD_POLL_MS, look);
  }

  run(
    model: string,
    options: RunnerOptions,
    outputTokens: number,
    report: { done(): void; failed(): void },
  ): void {
    const job = { model, promptTokens: PROMPT_TOKENS, outputTokens, options: { ...options } };
    runJob(this.#core, job, { done: () => report.done(), failed: () => report.failed() });
  }

  /** What a monitor would tell now. */
  observation(backendId: BackendId): BackendObservation {
    const now = this.#clock.now();
    const [card] = this.#core.memory.read();
    const reading = {
      key: 'GPU-0',
      index: 0,
      name: 'virtual',
      totalBytes: CARD_BYTES,
      usedBytes: card?.usedBytes ?? 0,
      processes: (card?.processes ?? []).map(({ pid, name, usedBytes }) => ({ pid, name, bytes: usedBytes })),
      source: 'VIRTUAL',
      sampledAt: now,
    } as const;
    return {
      backendId,
      startedAt: now,
      at: now,
      health: 'HEALTHY',
      problem: null,
      version: VERSION,
      residents: this.#residents(),
      host: null,
      gpus: [reading],
      gpuIntervalMs: INTERVAL_MS,
      probeProblem: null,
      models: null,
    };
  }

  #residents(): NonNullable<BackendObservation['residents']> {
    return this.#core.scheduler.runners().flatMap(({ model, engine }) => {
      const info = this.#models.find(({ digest }) => digest === model.manifestDigest);
      if (!info) return [];
      const { name: modelName, digest, weights } = info;
      const { totalBytes: sizeBytes, vramBytes } = engine;
      const unknown = { expiresAt: null, parallel: null, gpuKeys: null };
      return [
        { modelName, digest, weights, contextLength: CONTEXT_LENGTH, sizeBytes, vramBytes, ...unknown },
      ];
    });
  }

  #runner(model: string) {
    const digest = this.#models.find(({ name }) => name === model)?.digest;
    return this.#core.scheduler.runners().find((runner) => runner.model.manifestDigest === digest);
  }
}
