/** Libraries whose downloads go as far as the test says, for the real operations on them. */

import { ollamaNames } from '../../src/backend/ollama/model-names.ts';
import type { Backend } from '../../src/domain/backend.ts';
import { BackendError } from '../../src/domain/errors.ts';
import { type BackendId, stableId } from '../../src/domain/ids.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ModelInfo } from '../../src/domain/model.ts';
import type { PullProgress } from '../../src/domain/model-operations.ts';
import { attachedCapabilities } from './capabilities.ts';

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
  readonly created: JsonObject[] = [];
  readonly blobs = new Set<string>();
  /** What the next call of the library fails with. */
  failure: Error | null = null;
  readonly names = ollamaNames;
  capabilities = attachedCapabilities();
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
      tags: async () => {
        this.#maybeFail();
        return this.#models.infos.map(({ name, digest }) => ({ name, model: name, digest }));
      },
      show: async ({ model }) => {
        this.#maybeFail();
        const { name, digest } = this.#model(String(model));
        return { modelfile: `FROM ${name}`, template: `of ${this.name}`, details: { digest } };
      },
      pull: (modelName, onProgress, signal) =>
        this.#pull(modelName, (progress) => onProgress(progress, recordOf(progress)), signal),
      push: async ({ model }, onRecord) => {
        this.#maybeFail();
        this.#model(String(model));
        onRecord({ status: 'success' });
      },
      create: async (request, onRecord) => {
        this.#maybeFail();
        this.created.push(request);
        const name = ollamaNames.canonical(String(request.model ?? request.name));
        const others = this.#models.infos.filter((info) => info.name !== name);
        this.#models.infos = [...others, { ...this.#model(String(request.from)), name }];
        onRecord({ status: 'success' });
      },
      hasBlob: async (digest) => this.blobs.has(digest),
      putBlob: async (digest, bytes) => {
        for await (const _ of bytes);
        const isNew = !this.blobs.has(digest);
        this.blobs.add(digest);
        return isNew;
      },
      copy: async (source, destination) => {
        this.#maybeFail();
        const name = ollamaNames.canonical(destination);
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
    const found = this.#models.infos.find((info) => info.name === ollamaNames.canonical(modelName));
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

/** A progress as the server writes it. */
function recordOf({ step, layer: part }: PullProgress): JsonObject {
  if (!part) return { status: step };
  return { status: step, digest: part.digest, total: part.totalBytes, completed: part.completedBytes };
}
