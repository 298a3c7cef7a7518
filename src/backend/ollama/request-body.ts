/** Jobs in Ollama's words. */
import type { RunRequest } from '../../domain/backend.ts';
import { withDeepJson } from '../../domain/deep-json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { RUNNER_OPTION_NAMES, type RunnerOptions } from '../../domain/model.ts';
import type { ModelOptions } from '../../domain/request.ts';
import { ollamaCall } from './calls.ts';
import type { Call } from './connection.ts';
import { namedOptions } from './load.ts';

/**
 * The call for a job on an instance with these runner options. They are in every request, because a request without them means
 * the server's defaults and would make it reload. There is never a `keep_alive`: the one set by the load stays.
 */
export function runCall({ modelName, request, blobs }: RunRequest, runner: RunnerOptions): Call {
  const { endpoint, body } = ollamaCall(request);
  const named = namedOptions(runner);
  const options = { ...requestOptions(request.options), ...named.options };
  return {
    endpoint: endpoint(request),
    body: withDeepJson({ model: modelName, ...body(request, blobs), ...named, options }),
  };
}

function requestOptions(options: ModelOptions | undefined): JsonObject {
  const extra = { ...options?.extra };
  for (const name of RUNNER_OPTION_NAMES) delete extra[name];
  return {
    ...extra,
    num_predict: options?.maxTokens ?? extra.num_predict,
    seed: options?.seed ?? extra.seed,
    temperature: options?.temperature ?? extra.temperature,
  };
}
