/** Ollama's API on this server: programs that speak it work unchanged. */
import type { Clock } from '../../clock.ts';
import type { ModelOperations } from '../../domain/model-operations.ts';
import type { SystemView } from '../../domain/system.ts';
import type { Route } from '../../http/route.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { sendError, sendJson } from '../../ollama-api/exchange.ts';
import { serveRoutes } from '../../ollama-api/front.ts';
import { Router } from '../../ollama-api/router.ts';
import { ollamaError } from './errors.ts';
import { type OllamaHandler, ollamaExchange } from './exchange.ts';
import { addFixedRoutes, lowestVersion } from './fixed-routes.ts';
import { OllamaGuard, type OllamaGuardOptions } from './guard.ts';
import { addLibraryRoutes } from './library-routes.ts';
import { runningModels } from './running-models.ts';

export interface OllamaGatewayOptions {
  readonly access: OllamaGuardOptions;
  readonly system: Pick<SystemView, 'backends' | 'model'>;
  readonly modelOperations: ModelOperations;
  readonly clock: Clock;
}

export function ollamaRoutes({
  access,
  system,
  modelOperations,
  clock,
}: OllamaGatewayOptions): readonly Route[] {
  const router = new Router<OllamaHandler>();
  addFixedRoutes(router, () => lowestVersion(system.backends().map(({ version }) => version)));
  addLibraryRoutes(router, modelOperations);
  router.add('GET', '/api/ps', (exchange) =>
    sendJson(exchange, 200, { models: runningModels(system, clock.now()) }),
  );
  const guard = new OllamaGuard(access);
  return [
    {
      path: '/api/*',
      methods: 'any',
      guard,
      refusalBody: ({ message }) => ({ error: message }),
      async handle(http) {
        const exchange = ollamaExchange(http);
        try {
          await serveRoutes({ router, rules: guard.rules(exchange.request.headers) }, exchange);
        } catch (error) {
          const told = ollamaError(error);
          if (!(told instanceof OllamaError)) throw error;
          if (!exchange.signal.aborted) sendError(exchange, told);
        }
      },
    },
  ];
}
