import { type CatalogModel, supports } from './catalog.ts';
import type { ModelOptions } from './options.ts';
import { type Runner, resolveContextShift, runnerKey } from './runner.ts';

export interface RunnerRequest {
  readonly model: CatalogModel;
  readonly options: ModelOptions;
  /** `keep_alive` of the request; undefined keeps what the runner has, or takes the server's default on a load. */
  readonly keepAliveMs?: number | undefined;
  /** `shift` of the request. */
  readonly shift?: boolean | undefined;
  /** The runner is in hand, maybe before `request` returns. */
  onRunner(runner: Runner): void;
  onError(error: Error): void;
}

/** A request's hold on the scheduler. */
export interface Lease {
  /** The request is over, or its client went away: frees the runner, or gives up the load in progress. */
  end(): void;
}

/** A request on its way through the scheduler. */
export interface Pending extends RunnerRequest {
  readonly key: string;
  readonly contextShift: boolean;
  ended: boolean;
  outOfMemoryRetried: boolean;
  runner?: Runner;
  load?: { abandon(): void };
}

/** Context below this is raised to it. */
const LEAST_CONTEXT = 4;
const LEAST_VISION_CONTEXT = 2_048;

/** Families that Ollama runs with one slot only. */
const SINGLE_SLOT = new Set(
  'mllama qwen3vl qwen3vlmoe qwen35 qwen35moe qwen3next lfm2 lfm2moe nemotron_h nemotron_h_moe nemotron_h_omni'.split(
    ' ',
  ),
);

export function slotsOf(model: CatalogModel, numParallel: number): number {
  return supports(model, 'completion') && !SINGLE_SLOT.has(model.facts.architecture)
    ? Math.max(1, numParallel)
    : 1;
}

export function pendingOf(request: RunnerRequest, shiftMatters: boolean): Pending {
  const { model, options, keepAliveMs, shift } = request;
  return {
    model,
    options: withLeastContext(model, options),
    keepAliveMs,
    shift,
    onRunner: (runner) => request.onRunner(runner),
    onError: (error) => request.onError(error),
    key: runnerKey(model),
    contextShift: !shiftMatters || resolveContextShift(shift, model),
    ended: false,
    outOfMemoryRetried: false,
  };
}

/** A copy of the options, with the context raised to what Ollama allows at least. */
function withLeastContext(model: CatalogModel, options: ModelOptions): ModelOptions {
  const least = supports(model, 'vision') ? LEAST_VISION_CONTEXT : LEAST_CONTEXT;
  return { ...options, runner: { ...options.runner, numCtx: Math.max(options.runner.numCtx, least) } };
}
