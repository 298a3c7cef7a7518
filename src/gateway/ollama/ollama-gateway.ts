/** Ollama's API on this server: programs that speak it work unchanged. */
import type { Route } from '../../http/route.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { sendError, sendJson } from '../../ollama-api/exchange.ts';
import { Router } from '../../ollama-api/router.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import { type GatewayHandler, type GatewayRoute, gatewayRoute } from '../shared/gateway-route.ts';
import { problemOf } from '../shared/problem.ts';
import { ollamaError, sendProblem } from './errors.ts';
import { addFixedRoutes, lowestVersion } from './fixed-routes.ts';
import { addInferenceRoutes } from './inference-routes.ts';
import { addLibraryRoutes } from './library-routes.ts';
import { runningModels } from './running-models.ts';

/**
 * @param addOthers adds what lies at paths of `/api` that Ollama does not have
 * @param isPage whether a request is for one of those, and is answered without a key
 */
export function ollamaRoutes(
  deps: GatewayDependencies,
  addOthers: (router: Router<GatewayHandler>) => void,
  isPage: NonNullable<Route['isPage']>,
): readonly GatewayRoute[] {
  const { audit, bodies, clock, guard, logger, modelOperations, system } = deps;
  const log = (message: string) => logger.error(message);
  const router = new Router<GatewayHandler>();
  addFixedRoutes(router, () => lowestVersion(system.backends().map(({ version }) => version)));
  addInferenceRoutes(router, deps);
  addLibraryRoutes(router, {
    library: modelOperations,
    told: (error) => (error instanceof OllamaError ? error : ollamaError(problemOf(error, log))),
  });
  router.add('GET', '/api/ps', (exchange) =>
    sendJson(exchange, 200, { models: runningModels(system, clock.now()) }),
  );
  addOthers(router);
  return [
    gatewayRoute({
      path: '/api/*',
      audit,
      isPage,
      router,
      guard,
      bodies,
      clock,
      refusalBody: ({ message }) => ({ error: message }),
      fail(exchange, error) {
        if (error instanceof OllamaError) sendError(exchange, error);
        else sendProblem(exchange, problemOf(error, log));
      },
    }),
  ];
}
