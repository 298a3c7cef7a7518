import type { Timer } from '../../clock.ts';
import type { UnloadCause } from '../events.ts';
import { blobPath, type CatalogModel } from './catalog.ts';
import type { Engine } from './engine.ts';
import { type ModelOptions, type RunnerOptions, sameRunnerOptions } from './options.ts';

/** A model that Ollama has loaded, under the path of its weights: names that share weights share this. */
export interface Runner {
  readonly key: string;
  /** The name that loaded it, which is what `/api/ps` shows. */
  readonly model: CatalogModel;
  readonly engine: Engine;
  readonly options: RunnerOptions;
  readonly numCtxAutomatic: boolean;
  readonly numBatchAutomatic: boolean;
  /** Nobody said whether to map the file: what the server chose is in `options`. */
  readonly useMmapAutomatic: boolean;
  readonly contextShift: boolean;
  /** Empty once it is unloaded. */
  gpus: readonly number[];
  /** Its keep-alive; anything ≤ 0 means: unload when idle. */
  sessionMs: number;
  /** Set when the last running request ends, and never while one runs: stale until then. */
  expiresAtMs: number | undefined;
  expireTimer: Timer | undefined;
  /** Requests that have it in hand, running or waiting for a slot. */
  references: number;
  /** Why it will be unloaded, as far as it is known. */
  cause: UnloadCause;
  unloaded: boolean;
}

/** What a request wants of a runner, as the reload test sees it. */
export interface WantedRunner {
  readonly model: CatalogModel;
  readonly options: ModelOptions;
  /** `shift` of the request, with its default. Plays no part in the classic regime. */
  readonly contextShift: boolean;
}

export function runnerKey(model: CatalogModel): string {
  return blobPath(model);
}

/**
 * The default of `shift`. Some families cannot shift.
 */
export function resolveContextShift(shift: boolean | undefined, model: CatalogModel): boolean {
  return shift ?? model.facts.architecture !== 'deepseek2';
}

const sameList = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/**
 * Whether the request forces the loaded model to be loaded again. An absent `num_ctx` means the default, not
 * what is loaded; `num_gpu` below 0 matches anything.
 */
export function needsReload(runner: Runner, wanted: WantedRunner): boolean {
  if (runner.unloaded) return true;
  if (runner.contextShift !== wanted.contextShift) return true;
  const existing = { ...runner.options };
  const asked = { ...wanted.options.runner };
  asked.numCtx = Math.min(asked.numCtx, runner.model.facts.contextLength);
  if (runner.numCtxAutomatic && wanted.options.numCtxAutomatic) asked.numCtx = existing.numCtx;
  if (runner.numBatchAutomatic && wanted.options.numBatchAutomatic) asked.numBatch = existing.numBatch;
  if (runner.useMmapAutomatic && asked.useMmap === undefined) asked.useMmap = existing.useMmap;
  if (asked.numGpu < 0) {
    existing.numGpu = -1;
    asked.numGpu = -1;
  }
  return (
    !sameList(runner.model.adapters, wanted.model.adapters) ||
    !sameList(runner.model.projectors, wanted.model.projectors) ||
    !sameRunnerOptions(existing, asked) ||
    !runner.engine.alive
  );
}

/**
 * Whom Ollama unloads to make room: by keep-alive, shortest first (a negative one counts as the longest), then
 * by blob path; the first idle one, else the very first. Neither age nor size plays a part.
 */
export function chooseVictim(runners: Iterable<Runner>): Runner | undefined {
  const unsigned = (ms: number) => (ms < 0 ? 2 ** 64 + ms : ms);
  const sorted = [...runners].sort(
    (a, b) => unsigned(a.sessionMs) - unsigned(b.sessionMs) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  return sorted.find((runner) => runner.references === 0) ?? sorted[0];
}
