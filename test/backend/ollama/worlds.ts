import {
  createOllamaBackend,
  type OllamaBackendOptions,
} from '../../../src/backend/ollama/ollama-backend.ts';
import { systemClock } from '../../../src/clock.ts';
import type {
  Backend,
  InstanceHandle,
  LoadSpec,
  OutputRecord,
  Resident,
  RunRequest,
} from '../../../src/domain/backend.ts';
import { BackendError } from '../../../src/domain/errors.ts';
import type { Variant } from '../../../src/domain/model.ts';
import type { JobRequest } from '../../../src/domain/request.ts';

export const NEVER = new AbortController().signal;

export function attached(
  url: string,
  options: Partial<OllamaBackendOptions> = {},
): Backend & AsyncDisposable {
  const backend = createOllamaBackend({ name: 'test', url, clock: systemClock, ...options });
  return Object.assign(backend, { [Symbol.asyncDispose]: () => backend.stop() });
}

export function variantOf(modelName: string, over: Partial<Variant> = {}): Variant {
  return {
    modelName,
    weights: `weights-of-${modelName}`,
    contextLength: 4096,
    options: { num_ctx: 4096, num_gpu: 999 },
    embedding: false,
    ...over,
  };
}

export function specOf(variant: Variant): LoadSpec {
  return { variant, config: { parallel: 1, kvCacheType: 'f16', flashAttention: null }, gpus: [] };
}

/** A handle without a load: for tests that are about running. */
export function handleOn(backend: Backend, modelName = 'm:latest'): InstanceHandle {
  const resident: Resident = {
    modelName,
    digest: 'd'.repeat(64),
    contextLength: 4096,
    sizeBytes: 1000,
    vramBytes: 1000,
    expiresAt: null,
    parallel: null,
    gpuKeys: null,
  };
  return backend.adopt(resident, specOf(variantOf(modelName)));
}

export function runRequest(request: JobRequest, modelName = 'm:latest'): RunRequest {
  return { modelName, request, blobs: new Map() };
}

/** Runs and keeps what came. */
export async function outputOf(handle: InstanceHandle, request: RunRequest, signal: AbortSignal = NEVER) {
  const records: OutputRecord[] = [];
  const result = await handle.run(request, (record) => records.push(record), signal);
  const text = records.map((record) => record.text).join('');
  const thinking = records.map((record) => record.thinking).join('');
  return { result, records, text, thinking };
}

/** The BackendError that it must end with. */
export async function failureOf(promise: Promise<unknown>): Promise<BackendError> {
  const outcome = await promise.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (outcome instanceof BackendError) return outcome;
  throw outcome;
}
