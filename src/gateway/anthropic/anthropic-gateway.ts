/** Anthropic's API on this server: programs that speak it work unchanged with local models. */
import { ModelRequiredError, modelNotFound, OllamaError } from '../../ollama-api/errors.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import { Router } from '../../ollama-api/router.ts';
import { type FoundModel, findModel, relaxed } from '../ollama/find-model.ts';
import { answerLoad } from '../ollama/load.ts';
import { chatTask } from '../ollama/tasks.ts';
import { answerWithJob } from '../shared/answer-with-job.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import {
  type GatewayExchange,
  type GatewayHandler,
  type GatewayRoute,
  gatewayRoute,
} from '../shared/gateway-route.ts';
import { problemOf } from '../shared/problem.ts';
import { CONVERSATION_BODY, MESSAGES_BODY } from './bodies.ts';
import { estimatedTokens } from './count-tokens.ts';
import { errorBody, identify, sendProblem, sendRefusal } from './errors.ts';
import { EventsForm, WholeForm } from './forms.ts';
import { newMessageId, newRequestId } from './ids.ts';
import { chatRequest, userOf } from './to-job.ts';
import { searchesWeb } from './tools.ts';

/** @param addFurther what lies below `/v1/messages` beside the routes of this room */
export function anthropicRoutes(
  deps: GatewayDependencies,
  addFurther: (router: Router<GatewayHandler>) => void = () => {},
): readonly GatewayRoute[] {
  const router = new Router<GatewayHandler>()
    .add('POST', '/v1/messages', (exchange) => messages(deps, exchange))
    .add('POST', '/v1/messages/count_tokens', (exchange) => countTokens(deps, exchange));
  addFurther(router);
  return ['/v1/messages', '/v1/messages/*'].map((path) => routeAt(path, router, deps));
}

function routeAt(
  path: string,
  router: Router<GatewayHandler>,
  { bodies, clock, guard, logger, random }: GatewayDependencies,
): GatewayRoute {
  const route = gatewayRoute({
    path,
    router,
    guard,
    bodies,
    clock,
    refusalBody: (refusal) => errorBody(refusal, newRequestId(random)),
    fail(exchange, error) {
      if (error instanceof OllamaError) sendRefusal(exchange, error);
      else
        sendProblem(
          exchange,
          problemOf(error, (message) => logger.error(message)),
        );
    },
  });
  return {
    ...route,
    handle(exchange) {
      identify(exchange.response, newRequestId(random));
      return route.handle(exchange);
    },
  };
}

async function messages(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.read(MESSAGES_BODY);
  const { model } = body;
  // What is wrong with a request is told before what is wrong with its model.
  const request = chatRequest(body);
  const task = chatTask(deps.models, relaxed(request, modelOf(deps, model).info));
  const terms = { id: newMessageId(deps.random), model, searchesWeb: searchesWeb(body) };
  const form = body.stream
    ? new EventsForm(exchange, terms, estimatedTokens(body))
    : new WholeForm(exchange, terms);
  switch (task.kind) {
    case 'job':
      return answerWithJob(exchange, { ...task.job, ...userOf(body) }, form, deps);
    case 'load':
      return answerLoad(deps, exchange, task, form, (doneReason) =>
        form.empty({ doneReason, inputTokens: 0, outputTokens: 0 }),
      );
    default:
      task satisfies never;
  }
}

/** Ollama's server has no such route: the estimate is that with which its streams begin. */
async function countTokens(deps: GatewayDependencies, exchange: GatewayExchange): Promise<void> {
  const body = await exchange.read(CONVERSATION_BODY);
  modelOf(deps, body.model);
  sendJson(exchange, 200, { input_tokens: estimatedTokens(body) }, 'application/json');
}

/** @throws OllamaError 404, and 403 for models that run elsewhere */
function modelOf({ models }: GatewayDependencies, name: string): FoundModel {
  return findModel(models, name, { empty: () => new ModelRequiredError(), missing: modelNotFound });
}
