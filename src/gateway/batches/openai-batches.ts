/** `/v1/batches`. */

import { priorityProblem } from '../../accept/admit.ts';
import type { JsonObject } from '../../domain/json.ts';
import { letChange } from '../../domain/principal.ts';
import type { CountedRequestBatch } from '../../domain/request-batch.ts';
import { JSON_BODY } from '../../http/body-reader.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import { idempotencyKeyOf, wishedPriority } from '../shared/caller.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { isObject, jsonObjectOf } from '../shared/json-object.ts';
import { badRequest, ProblemError, refused } from '../shared/problem.ts';
import type { BatchService } from './batch-service.ts';
import { noSuchFile, sendList } from './openai-files.ts';
import { batchObject } from './openai-objects.ts';
import { batchIdOf, fileIdOf } from './public-ids.ts';
import { limitIn, queryOf } from './query.ts';
import { windowMs } from './window.ts';

export function addBatchRoutes(router: Router<GatewayHandler>, service: BatchService): void {
  router
    .add('POST', '/v1/batches', (exchange) => create(service, exchange))
    .add('GET', '/v1/batches', (exchange) => list(service, exchange))
    .add('GET', '/v1/batches/:id', async (exchange) =>
      sendJson(exchange, 200, batchObject(await found(service, exchange))),
    )
    .add('POST', '/v1/batches/:id/cancel', (exchange) => cancel(service, exchange));
}

async function create(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const body = jsonObjectOf(await exchange.read(JSON_BODY));
  const { principal, request } = exchange;
  const { input_file_id: fileId, endpoint, completion_window: window } = body;
  const endpoints = Object.keys(service.endpoints).filter((path) => path !== '/v1/messages');
  if (typeof endpoint !== 'string' || !endpoints.includes(endpoint))
    throw badRequest(`endpoint must be one of ${endpoints.join(', ')}.`);
  if (typeof fileId !== 'string') throw badRequest("Missing required parameter: 'input_file_id'.");
  const asked = {
    api: 'OPENAI',
    endpoint,
    window: String(window),
    windowMs: windowMs(window),
    metadata: metadataOf(body.metadata),
    priority: wishedPriority(request.headers) ?? 'LOW',
    idempotencyKey: idempotencyKeyOf(request.headers),
  } as const;
  const tooUrgent = priorityProblem(principal, asked.priority);
  if (tooUrgent) throw badRequest(`X-Priority: ${tooUrgent.message}`);
  const file = await service.file(principal, fileIdOf(fileId));
  if (!file) throw noSuchFile(fileId);
  if (file.purpose !== 'BATCH')
    throw badRequest(`The file ${fileId} has another purpose: upload the requests with the purpose 'batch'.`);
  const batch = await service.createOf(principal, file, asked);
  if (!batch) throw noSuchFile(fileId);
  sendJson(exchange, 200, batchObject(await mustSee(service, exchange, batch.id)));
}

const MOST_PAIRS = 16;

function metadataOf(value: unknown): JsonObject | null {
  if (value === undefined || value === null) return null;
  const isGood =
    isObject(value) &&
    Object.keys(value).length <= MOST_PAIRS &&
    Object.entries(value).every(
      ([key, text]) => key.length <= 64 && typeof text === 'string' && text.length <= 512,
    );
  if (isGood) return value as JsonObject;
  throw badRequest(
    `metadata must be an object of at most ${MOST_PAIRS} texts: keys of up to 64 characters, values of up to 512.`,
  );
}

async function list(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const query = queryOf(exchange);
  const limit = limitIn(query, { most: 100, otherwise: 20 });
  const after = query.get('after');
  const cursor = after === null ? null : batchIdOf('OPENAI', after);
  const isGone = after !== null && !(await service.batch(exchange.principal, 'OPENAI', cursor));
  const page = isGone
    ? { batches: [], hasMore: false }
    : await service.listBatches(exchange.principal, {
        api: 'OPENAI',
        limit,
        ...(cursor && { after: cursor }),
      });
  sendList(exchange, page.batches.map(batchObject), page.hasMore);
}

async function cancel(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const counted = await found(service, exchange);
  letChange(exchange.principal, counted.batch);
  const cancelled = await service.cancel(counted);
  if (!cancelled)
    throw badRequest(`Cannot cancel a batch with status '${counted.batch.status.toLowerCase()}'.`);
  sendJson(exchange, 200, batchObject(cancelled));
}

function found(service: BatchService, exchange: GatewayExchange): Promise<CountedRequestBatch> {
  return mustSee(service, exchange, batchIdOf('OPENAI', exchange.parameters.id ?? ''));
}

async function mustSee(
  service: BatchService,
  { parameters, principal }: GatewayExchange,
  id: Parameters<BatchService['batch']>[2],
): Promise<CountedRequestBatch> {
  const counted = await service.batch(principal, 'OPENAI', id);
  if (!counted)
    throw new ProblemError(
      refused(404, 'BATCH_NOT_FOUND', `No batch found with id '${parameters.id ?? ''}'.`),
    );
  return counted;
}
