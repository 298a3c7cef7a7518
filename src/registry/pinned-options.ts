/**
 * What every request for some weights has to name, so that no name of theirs makes the server load them again: all names share one
 * runner, and what a Modelfile says counts wherever a request says nothing.
 */
import type { ModelInfo, RunnerOptions } from '../domain/model.ts';

type Parameters = Pick<ModelInfo, 'name' | 'runnerOptions'>;

/** What Ollama takes where nobody says anything, and what can be said in so many words. */
const SAYABLE_DEFAULTS = { num_thread: 0, draft_num_predict: 0 } as const satisfies RunnerOptions;

/**
 * The options that any of the names sets: the value of `own`, else Ollama's default, else that of another name, because "as you like" cannot
 * be said. Without layers on the GPU and the context, which are ours.
 * @param names every model with these weights
 */
export function pinnedOptions(own: Parameters, names: readonly Parameters[]): RunnerOptions {
  const sorted = [...names].sort((a, b) => (a.name < b.name ? -1 : 1));
  const all: RunnerOptions = Object.assign({}, ...sorted.toReversed().map((one) => one.runnerOptions));
  const said = { ...all, ...pick(SAYABLE_DEFAULTS, all), ...own.runnerOptions };
  const { num_ctx: _, num_gpu: __, ...pinned } = said;
  return pinned;
}

/** Of `from` what `names` has, too. */
function pick(from: RunnerOptions, names: RunnerOptions): RunnerOptions {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name in names));
}
