import { VirtualClock } from '../../src/clock.ts';
import { parseModelName, shortName } from '../../src/ollama-api/model-name.ts';
import type { Architecture } from '../../src/virtual-ollama/core/architecture.ts';
import type { ModelDescription } from '../../src/virtual-ollama/core/catalog.ts';
import { VirtualOllamaCore } from '../../src/virtual-ollama/core/core.ts';
import { runJob, type VirtualJob } from '../../src/virtual-ollama/core/job.ts';
import { GIB, MIB, type VirtualOllamaSettings } from '../../src/virtual-ollama/settings.ts';

/** A shape whose KV cache is next to nothing, so that a model's size is its file's. */
export const THIN: Architecture = {
  architecture: 'llama',
  blockCount: 31,
  contextLength: 8_192,
  embeddingLength: 64,
  feedForwardLength: 64,
  headCount: 64,
  headCountKv: 1,
  vocabSize: 400,
};

export function thinModel(name: string, mib: number, more: Partial<ModelDescription> = {}): ModelDescription {
  return { name, weightsBytes: mib * MIB, facts: THIN, ...more };
}

export interface Asked {
  readonly model: string;
  readonly askedAtMs: number;
  loadedAtMs?: number;
  doneAtMs?: number;
  failure?: string;
  cancel(): void;
}

/** A core in virtual time. Loads take 1 s, a token 10 ms, unless settings say otherwise. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly core: VirtualOllamaCore;

  constructor(settings: Partial<VirtualOllamaSettings>) {
    this.core = new VirtualOllamaCore({
      clock: this.clock,
      settings: {
        gpus: [{ totalBytes: 1_000 * MIB }],
        contextLength: 2_048,
        computeBytes: 0,
        engineStartMs: 0,
        discoveryMs: 0,
        metadataMs: 0,
        loadBaseMs: 1_000,
        loadBytesPerSecond: Number.POSITIVE_INFINITY,
        promptTokensPerSecond: Number.POSITIVE_INFINITY,
        maxLoadedModels: 100,
        ...settings,
      },
    });
  }

  get nowMs(): number {
    return this.clock.monotonic();
  }

  ask(model: string, job: Partial<VirtualJob> = {}): Asked {
    const asked: Asked = { model, askedAtMs: this.nowMs, cancel: () => {} };
    const running = runJob(
      this.core,
      { model, promptTokens: 1, outputTokens: 1, ...job },
      {
        loaded: () => {
          asked.loadedAtMs = this.nowMs;
        },
        done: () => {
          asked.doneAtMs = this.nowMs;
        },
        failed: (error) => {
          asked.failure = error.message;
        },
      },
    );
    asked.cancel = () => running.cancel();
    return asked;
  }

  /** Asks for each in turn and waits until it is done. */
  load(...models: readonly string[]): void {
    for (const model of models) {
      const asked = this.ask(model);
      this.until(() => asked.doneAtMs !== undefined || asked.failure !== undefined);
    }
    this.run(50);
  }

  unload(model: string): void {
    const found = this.core.catalog.find(parseModelName(model));
    if (found) this.core.scheduler.unload(found);
  }

  run(ms: number): void {
    this.clock.advance(ms);
  }

  /** Moves on, 10 ms at a time, until it holds. */
  until(holds: () => boolean, limitMs = 120_000): void {
    const endMs = this.nowMs + limitMs;
    while (!holds()) {
      if (this.nowMs >= endMs) throw new Error(`nothing came of it in ${limitMs} ms`);
      this.run(10);
    }
  }

  get loaded(): string[] {
    return this.core.scheduler
      .runners()
      .map((runner) => shortName(runner.model.name).replace(':latest', ''))
      .sort();
  }

  get unloads(): string[] {
    return this.core.events
      .of('unloaded')
      .map((event) => `${event.model.replace(':latest', '')} ${event.cause}`);
  }

  count(kind: 'loaded' | 'recovery-timeout' | 'load-started' | 'out-of-memory'): number {
    return this.core.events.of(kind).length;
  }

  usedMib(gpu = 0): number {
    return Math.round((this.core.memory.read()[gpu]?.usedBytes ?? 0) / MIB);
  }
}

export { GIB, MIB };
