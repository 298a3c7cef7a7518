import type { Admission } from './admission.ts';
import { displayNames } from './catalog.ts';
import { Engine, type EngineWorld } from './engine.ts';
import { type Pending, slotsOf } from './pending.ts';
import type { Runner } from './runner.ts';

export interface FailedLoad {
  readonly kind: 'failed';
  readonly error: Error;
  readonly pid: number;
}

export type LoadOutcome = { readonly kind: 'loaded'; readonly runner: Runner } | FailedLoad;

/** Starts engines, one at a time, and makes runners of those that become ready. */
export class Loader {
  readonly #world: EngineWorld;
  #engine: Engine | undefined;

  constructor(world: EngineWorld) {
    this.#world = world;
  }

  /** The load belongs to its first request: when that ends, the load is given up. */
  load(pending: Pending, admission: Admission, done: (outcome: LoadOutcome) => void): void {
    const { events, settings } = this.#world;
    const { options, model } = pending;
    if (options.numBatchAutomatic) options.runner.numBatch = admission.numBatch;
    const numCtx = Math.min(options.runner.numCtx, model.facts.contextLength);
    // On the CPU the newer regime reads the file instead of mapping it, where nobody says.
    const chosen = settings.regime !== 'classic' && admission.cards.length === 0 ? false : undefined;
    const useMmap = options.runner.useMmap ?? chosen;
    const runnerOptions = { ...options.runner, numCtx, useMmap };
    const engine = new Engine(this.#world, {
      model,
      options: { ...runnerOptions, mainGpu: admission.mainGpu },
      parallel: slotsOf(model, settings.numParallel),
      gpus: admission.cards.map((card) => card.index),
      contextShift: pending.contextShift,
    });
    this.#engine = engine;
    const name = displayNames.short(model.name);
    const { pid } = engine;
    events.add({ kind: 'load-started', model: name, pid, predictedBytes: admission.predictedBytes });
    const load = engine.load((result) => {
      this.#engine = undefined;
      delete pending.load;
      if (result.kind === 'failed') {
        engine.kill();
        done({ kind: 'failed', error: result.error, pid });
        return;
      }
      const { vramBytes, totalBytes } = engine;
      events.add({ kind: 'loaded', model: name, pid, vramBytes, totalBytes });
      done({ kind: 'loaded', runner: this.#runnerOf(pending, engine, runnerOptions) });
    });
    pending.load = load;
    if (pending.ended) load.abandon();
  }

  #runnerOf(pending: Pending, engine: Engine, options: Runner['options']): Runner {
    return {
      key: pending.key,
      model: pending.model,
      engine,
      options,
      numCtxAutomatic: pending.options.numCtxAutomatic,
      numBatchAutomatic: pending.options.numBatchAutomatic,
      useMmapAutomatic: pending.options.runner.useMmap === undefined,
      contextShift: pending.contextShift,
      gpus: engine.launch.gpus,
      sessionMs: pending.keepAliveMs ?? this.#world.settings.keepAliveMs,
      expiresAtMs: undefined,
      expireTimer: undefined,
      references: 1,
      cause: 'expired',
      unloaded: false,
    };
  }

  /** Ends the engine that is being loaded, if any. */
  stop(engineEnd: (engine: Engine) => void): void {
    if (this.#engine) engineEnd(this.#engine);
    this.#engine = undefined;
  }
}
