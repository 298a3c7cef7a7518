import { OllamaError, pullItFirst, QUEUE_FULL, RequestCanceledError } from '../../ollama-api/errors.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { findNamed, type ModelWording } from '../../ollama-api/find-model.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import type { Capability } from '../core/capability.ts';
import { type CatalogModel, displayNames, supports } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import type { GenerationTimings } from '../core/engine.ts';
import type { ModelOptions, OptionMap } from '../core/options.ts';
import type { Runner } from '../core/runner.ts';
import { isMeant } from '../faults.ts';

/** @throws as `findNamed` */
export function findModel(core: VirtualOllamaCore, name: string, wording: ModelWording): CatalogModel {
  return findNamed(name, wording, (wanted) => core.catalog.find(wanted));
}

/** @throws OllamaError 400 `registry.ollama.ai/library/NAME:TAG does not support tools`, one line a lack. */
export function requireCapabilities(model: CatalogModel, wanted: readonly Capability[]): void {
  const missing = wanted.filter((capability) => !supports(model, capability));
  if (missing.length === 0) return;
  throw new OllamaError(400, `${displayNames.full(model.name)} does not support ${missing.join('\n')}`);
}

/** @throws OllamaError as Ollama does for weights that are cut off or gone. */
function requireWeights({ faults }: VirtualOllamaCore, model: CatalogModel): void {
  const name = quoteGo(displayNames.short(model.name));
  if (isMeant(faults, 'missingWeightsOf', name)) {
    throw supports(model, 'embedding')
      ? pullItFirst(displayNames.short(model.name))
      : new OllamaError(400, `${name} does not support generate`);
  }
  if (isMeant(faults, 'truncatedWeightsOf', name)) {
    const text = 'tensor "blk.9.attn_output.weight" offset+size (38064608) exceeds file size (38061808)';
    throw new OllamaError(500, text);
  }
}

export interface RunnerInHand {
  readonly runner: Runner;
  readonly options: ModelOptions;
}

export interface RunnerWish {
  readonly model: CatalogModel;
  readonly options: OptionMap;
  readonly keepAliveMs: number | undefined;
  readonly shift?: boolean | undefined;
}

/**
 * Waits for the runner and calls `work` with it. The runner is given back when `work` is over, or when the
 * client goes away; then, before a runner was there, the promise rejects with RequestCanceledError.
 */
export async function withRunner(
  core: VirtualOllamaCore,
  exchange: Exchange,
  wish: RunnerWish,
  work: (inHand: RunnerInHand) => Promise<void> | void,
): Promise<void> {
  const options = core.options(wish.model, wish.options);
  requireWeights(core, wish.model);
  if (core.faults.take('queueFull')) throw new OllamaError(503, QUEUE_FULL);
  const { promise, resolve, reject } = Promise.withResolvers<Runner>();
  const lease = core.scheduler.request({
    model: wish.model,
    options,
    keepAliveMs: wish.keepAliveMs,
    shift: wish.shift,
    onRunner: resolve,
    onError: reject,
  });
  const onAbort = () => {
    lease.end();
    reject(new RequestCanceledError());
  };
  exchange.beforeEnd.push(() => lease.end());
  exchange.signal.addEventListener('abort', onAbort, { once: true });
  if (exchange.signal.aborted) onAbort();
  try {
    await work({ runner: await promise, options });
  } finally {
    exchange.signal.removeEventListener('abort', onAbort);
    lease.end();
  }
}

/** Rounds to whole nanoseconds. */
const nanoseconds = (ms: number) => Math.round(ms * 1e6);

/** Takes out what is zero, as Go's `omitempty` does. */
export function omitZero<T extends Record<string, number>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0)) as Partial<T>;
}

/** Measures a request from its arrival. */
export class Stopwatch {
  readonly #core: VirtualOllamaCore;
  readonly #startMs: number;
  #loadedMs: number | undefined;

  constructor(core: VirtualOllamaCore) {
    this.#core = core;
    this.#startMs = core.clock.monotonic();
  }

  /** The runner is in hand: what went before is `load_duration`, queueing included. */
  loaded(): void {
    this.#loadedMs = this.#core.clock.monotonic();
  }

  durations(): Partial<Record<'total_duration' | 'load_duration', number>> {
    return omitZero({
      total_duration: nanoseconds(this.#core.clock.monotonic() - this.#startMs),
      load_duration: nanoseconds((this.#loadedMs ?? this.#startMs) - this.#startMs),
    });
  }

  metrics(promptTokens: number, timings: GenerationTimings): Record<string, number> {
    return {
      ...this.durations(),
      ...omitZero({
        prompt_eval_count: promptTokens,
        prompt_eval_duration: nanoseconds(timings.promptMs),
        eval_count: timings.outputTokens,
        eval_duration: nanoseconds(timings.outputMs),
      }),
    } as Record<string, number>;
  }
}
