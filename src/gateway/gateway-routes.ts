/** The drop-in APIs: programs that speak one of them work unchanged, and get the queue. */
import { BodyReader, siblingProgram } from '../http/body-reader.ts';
import type { Route } from '../http/route.ts';
import { OllamaError } from '../ollama-api/errors.ts';
import type { Router } from '../ollama-api/router.ts';
import { anthropicRoutes } from './anthropic/anthropic-gateway.ts';
import { addMessageBatchRoutes } from './batches/anthropic-batches.ts';
import { batchRoutes } from './batches/batch-routes.ts';
import type { BatchService } from './batches/batch-service.ts';
import { ollamaRoutes } from './ollama/ollama-gateway.ts';
import { openaiRoutes } from './openai/routes.ts';
import { openapiDocument } from './openapi/document.ts';
import { addDocumentRoute, asksForDocument } from './openapi/document-route.ts';
import { addRestRoutes } from './rest/rest-routes.ts';
import type { GatewayDependencies } from './shared/dependencies.ts';
import type { GatewayHandler, GatewayRoute } from './shared/gateway-route.ts';
import { trusting } from './shared/on-behalf.ts';

/** The first route that matches a path answers it, so that what lies deeper comes first. */
export function gatewayRoutes(deps: GatewayDependencies, batches: BatchService): readonly Route[] {
  const document = () =>
    openapiDocument(
      routes.flatMap(({ router }) => router.table),
      deps.system.version,
    );
  const addOthers = (router: Router<GatewayHandler>) => {
    addRestRoutes(router, deps);
    addDocumentRoute(router, document);
  };
  const routes: readonly GatewayRoute[] = [
    ...ollamaRoutes(deps, addOthers, asksForDocument),
    ...batchRoutes(deps, batches),
    ...anthropicRoutes(deps, (router) => addMessageBatchRoutes(router, batches)),
    ...openaiRoutes(deps),
  ];
  return deps.trustsClientHeaders ? trusting(routes) : routes;
}

/** Reads the bodies of all of them. */
export function gatewayBodies(): BodyReader {
  return new BodyReader({
    worker: siblingProgram('decode-worker', import.meta.url),
    revive: ({ status, message }) => new OllamaError(status, message),
  });
}
