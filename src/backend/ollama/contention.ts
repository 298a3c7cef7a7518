/**
 * Other clients may use the same weights with another context. Each of their requests makes Ollama load them anew, and each of ours that
 * insists on what we loaded does so again. So before a request the list of running models is looked at: a larger context of theirs serves us
 * too when we name it, and while nothing is listed nobody's load is to be undone.
 */
import { sleep } from '../../clock.ts';
import type { Resident } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { RunnerOptions, Variant } from '../../domain/model.ts';
import { asListed, residentWith } from './residents.ts';
import { type OllamaServer, quickResidents } from './server.ts';

/** A request that finds its runner in memory waits a few milliseconds for it; no load is so short. */
const LOADED_ANEW_MS = 100;
/** A model that loads is not listed, and one that was just loaded otherwise is soon. */
const LOOKS = 8;
const LOOK_AGAIN_MS = 250;

/** Of one server. */
export class Contention {
  /** Weights that may be loaded otherwise at any time. What others loaded themselves is taken as they left it until there is a sign. */
  readonly #watched = new Set<string>();
  #look: Promise<readonly Resident[] | null> | null = null;

  watch({ weights }: Pick<Variant, 'weights'>): void {
    this.#watched.add(weights);
  }

  /** Takes in how long a request waited for its runner. */
  noteWait(variant: Variant, waitMs: number): void {
    if (waitMs >= LOADED_ANEW_MS) this.watch(variant);
  }

  /**
   * What a request has to name for it not to load anything.
   * @throws BackendError when these weights are not in memory any more; or the signal's reason
   */
  async optionsFor(server: OllamaServer, variant: Variant, signal: AbortSignal): Promise<RunnerOptions> {
    if (!this.#watched.has(variant.weights)) return variant.options;
    for (let look = 1; ; look += 1) {
      const all = await this.#listed(server);
      signal.throwIfAborted();
      // That the list does not come is no reason to hold a job up.
      if (!all) return variant.options;
      const resident = residentWith(all, variant, (digest) => server.library.weightsOf(digest));
      if (resident) return asListed(resident, variant).options;
      if (look === LOOKS) break;
      await sleep(server.clock, LOOK_AGAIN_MS, signal);
    }
    throw new BackendError(
      'BACKEND_ERROR',
      'wait',
      `Another client of the server made it unload ${variant.modelName}, or load it otherwise. The job runs when it is in memory again.`,
    );
  }

  /** One look for all who ask while it is under way; null when it failed. */
  #listed({ connection }: OllamaServer): Promise<readonly Resident[] | null> {
    this.#look ??= quickResidents(connection).finally(() => {
      this.#look = null;
    });
    return this.#look;
  }
}
