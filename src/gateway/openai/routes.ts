/** The OpenAI-compatible API: programs that speak it work unchanged. */
import { OllamaError } from '../../ollama-api/errors.ts';
import { Router } from '../../ollama-api/router.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import { type GatewayHandler, type GatewayRoute, gatewayRoute } from '../shared/gateway-route.ts';
import { problemOf, problemOfRefusal } from '../shared/problem.ts';
import { openaiError, sendProblem } from './errors.ts';
import { addInferenceRoutes } from './inference-routes.ts';
import { addModelRoutes } from './model-routes.ts';
import { addResponsesRoute } from './responses/routes.ts';
import { addTranscriptionRoute } from './transcriptions/routes.ts';

export function openaiRoutes(deps: GatewayDependencies): readonly GatewayRoute[] {
  const router = new Router<GatewayHandler>();
  addInferenceRoutes(router, deps);
  addResponsesRoute(router, deps);
  addTranscriptionRoute(router, deps);
  addModelRoutes(router, deps);
  return [
    gatewayRoute({
      path: '/v1/*',
      router,
      guard: deps.guard,
      bodies: deps.bodies,
      clock: deps.clock,
      refusalBody: (refusal) => openaiError(problemOfRefusal(refusal)).body,
      fail(exchange, error) {
        const isTold = error instanceof OllamaError;
        sendProblem(exchange, isTold ? error : problemOf(error, (message) => deps.logger.error(message)));
      },
    }),
  ];
}
