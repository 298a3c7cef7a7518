/** OpenAI's batch API. Anthropic's lies below its messages. */
import { OllamaError } from '../../ollama-api/errors.ts';
import { Router } from '../../ollama-api/router.ts';
import { openaiError, sendProblem } from '../openai/errors.ts';
import type { GatewayDependencies } from '../shared/dependencies.ts';
import { type GatewayHandler, type GatewayRoute, gatewayRoute } from '../shared/gateway-route.ts';
import { problemOf, problemOfRefusal } from '../shared/problem.ts';
import type { BatchService } from './batch-service.ts';
import { addBatchRoutes } from './openai-batches.ts';
import { addFileRoutes } from './openai-files.ts';

const PATHS = ['/v1/files', '/v1/files/*', '/v1/batches', '/v1/batches/*'];

export function batchRoutes(
  { bodies, clock, guard, logger }: GatewayDependencies,
  batches: BatchService,
): readonly GatewayRoute[] {
  const router = new Router<GatewayHandler>();
  addFileRoutes(router, batches);
  addBatchRoutes(router, batches);
  return PATHS.map((path) =>
    gatewayRoute({
      path,
      router,
      guard,
      bodies,
      clock,
      refusalBody: (refusal) => openaiError(problemOfRefusal(refusal)).body,
      fail(exchange, error) {
        const isTold = error instanceof OllamaError;
        sendProblem(exchange, isTold ? error : problemOf(error, (message) => logger.error(message)));
      },
    }),
  );
}
