/** Libraries whose downloads go as far as the test says, for the real operations on them. */
import type { Backend } from '../../src/domain/backend.ts';
import { BackendError } from '../../src/domain/errors.ts';
import { type BackendId, stableId } from '../../src/domain/ids.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import type { PullProgress } from '../../src/domain/model-operations.ts';
import { canonicalModelName } from '../../src/domain/queue-key.ts';

/** A download that waits for the test. */
export interface HeldPull {
  readonly modelName: string;
  readonly report: (progress: PullProgress) => void;
  readonly succeed: () => void;
  readonly fail: (error: Error) => void;
  /** Why it was broken off; null while it was not. */
  readonly broken: () => unknown;
}

interface Models {
  infos: readonly ModelInfo[];
}

/** A backend as far as its library. */
export class LibraryFixture {
  readonly id: BackendId;
  readonly name: string;
  readonly url = 'http://box:11434';
  /** All downloads that were asked for. */
  readonly pulls: HeldPull[] = [];
  /** What the next call of the library fails with. */
  failure: Error | null = null;
  readonly library: Backend['library'];
  readonly #models: Models;

  constructor(name: string, models: Models) {
    this.id = stableId('bkd', name) as BackendId;
    this.name = name;
    this.#models = models;
    this.library = {
      list: async () => {
        this.#maybeFail();
        return this.#models.infos;
      },
      pull: (modelName, onProgress, signal) => this.#pull(modelName, onProgress, signal),
      copy: async (source, destination) => {
        this.#maybeFail();
        const name = canonicalModelName(destination);
        const others = this.#models.infos.filter((info) => info.name !== name);
        this.#models.infos = [...others, { ...this.#model(source), name }];
      },
      delete: async (modelName) => {
        this.#maybeFail();
        const { name } = this.#model(modelName);
        this.#models.infos = this.#models.infos.filter((info) => info.name !== name);
      },
    };
  }

  /** The latest download. */
  get lastPull(): HeldPull {
    const pull = this.pulls.at(-1);
    if (!pull) throw new Error('No download was asked for.');
    return pull;
  }

  #model(modelName: string): ModelInfo {
    const found = this.#models.infos.find((info) => info.name === canonicalModelName(modelName));
    if (!found) throw new BackendError('MODEL_NOT_FOUND', 'none', `model '${modelName}' not found`);
    return found;
  }

  #pull(modelName: string, report: (progress: PullProgress) => void, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const broken = () => (signal.aborted ? signal.reason : null);
    this.pulls.push({ modelName, report, succeed: resolve, fail: reject, broken });
    return promise;
  }

  #maybeFail(): void {
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }
}

/** The line of a layer. */
export function layer(digest: string, completedBytes: number, totalBytes: number): PullProgress {
  return { step: `pulling ${digest}`, layer: { digest, completedBytes, totalBytes } };
}
