/** `think` is no field of this API: a program that sends it to a model that does not think is answered elsewhere, and so it is here. */
import { ModelRequiredError, modelNotFound } from '../../ollama-api/errors.ts';
import type { Think } from '../../ollama-api/request-fields.ts';
import { findModel, relaxed } from '../ollama/find-model.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';

interface ThinkingRequest {
  readonly model: string;
  readonly think: Think | undefined;
}

/** What the API itself has for it (an effort) is asked for in earnest, and stays. */
export function withoutIdleThoughts<R extends ThinkingRequest>(
  { models }: Pick<GatewayDependencies, 'models'>,
  body: Pick<ThinkingRequest, 'think'>,
  request: R,
): R {
  if (!body.think) return request;
  const named = { empty: () => new ModelRequiredError(), missing: modelNotFound };
  return relaxed(request, findModel(models, request.model, named).info);
}
