/** `/v1/models`: the models of all backends. */
import type { JsonObject } from '../../domain/json.ts';
import { ModelRequiredError, modelNotFound } from '../../ollama-api/errors.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import { parseModelName, parseModelReference, shortName } from '../../ollama-api/model-name.ts';
import type { Router } from '../../ollama-api/router.ts';
import { findModel } from '../ollama/find-model.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';

export function addModelRoutes(router: Router<GatewayHandler>, deps: GatewayDependencies): void {
  router
    .add('GET', '/v1/models', (exchange) => list(deps, exchange))
    .add('GET', '/v1/models/:model', (exchange) => retrieve(deps, exchange));
}

async function list({ modelOperations }: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const tags = await modelOperations.tags();
  const data = tags.map((tag) => modelOf(String(tag.model || tag.name), tag));
  sendJson(exchange, 200, { object: 'list', data });
}

async function retrieve(
  { models, modelOperations }: GatewayDependencies,
  exchange: GatewayExchange,
): Promise<void> {
  const { model = '' } = exchange.parameters;
  const missing = () => modelNotFound(shortName(parseModelReference(model).name));
  const found = findModel(models, model, {
    empty: () => new ModelRequiredError(),
    missing,
    subject: 'remote model details are',
  });
  const tags = await modelOperations.tags();
  const tag = tags.find((each) => each.name === found.model);
  if (!tag) throw missing();
  sendJson(exchange, 200, modelOf(model, tag));
}

/** @param id as it was asked for */
function modelOf(id: string, { modified_at: at }: JsonObject): JsonObject {
  const created = typeof at === 'string' ? Math.floor(Date.parse(at) / 1_000) : 0;
  return { id, object: 'model', created, owned_by: parseModelName(id).namespace };
}
