/** `/v1/messages/batches`. */

import { priorityProblem } from '../../accept/admit.ts';
import { nextTurn } from '../../clock.ts';
import { stringifyDeep } from '../../domain/deep-json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { letChange } from '../../domain/principal.ts';
import { type CountedRequestBatch, isEnded } from '../../domain/request-batch.ts';
import { WHOLE_JSON_BODY } from '../../http/body-reader.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import { idempotencyKeyOf, wishedPriority } from '../shared/caller.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { isObject, jsonObjectOf } from '../shared/json-object.ts';
import { badRequest, ProblemError, refused } from '../shared/problem.ts';
import { batchObject } from './anthropic-objects.ts';
import type { BatchService } from './batch-service.ts';
import { batchIdOf, publicBatchId } from './public-ids.ts';
import { limitIn, queryOf } from './query.ts';
import { sendPieces } from './send-pieces.ts';
import { windowMs } from './window.ts';

const ENDPOINT = '/v1/messages';
const WINDOW = '24h';
const MOST_REQUESTS = 100_000;
/** Requests that are looked at before others have their turn. */
const AT_ONCE = 256;

export function addMessageBatchRoutes(router: Router<GatewayHandler>, service: BatchService): void {
  const tell = (exchange: GatewayExchange, counted: CountedRequestBatch) =>
    sendJson(exchange, 200, batchObject(counted, originOf(exchange)));
  router
    .add('POST', '/v1/messages/batches', async (exchange) => tell(exchange, await create(service, exchange)))
    .add('GET', '/v1/messages/batches', (exchange) => list(service, exchange))
    .add('GET', '/v1/messages/batches/:id', async (exchange) =>
      tell(exchange, await found(service, exchange)),
    )
    .add('DELETE', '/v1/messages/batches/:id', (exchange) => remove(service, exchange))
    .add('POST', '/v1/messages/batches/:id/cancel', async (exchange) => {
      const counted = await found(service, exchange);
      letChange(exchange.principal, counted.batch);
      const cancelled = await service.cancel(counted);
      if (!cancelled) throw badRequest('This batch has ended: it cannot be canceled any more.');
      tell(exchange, cancelled);
    })
    .add('GET,HEAD', '/v1/messages/batches/:id/results', (exchange) => results(service, exchange));
}

interface AskedRequest {
  readonly customId: string;
  readonly params: JsonObject;
}

async function create(service: BatchService, exchange: GatewayExchange): Promise<CountedRequestBatch> {
  const { principal, request } = exchange;
  const { requests } = jsonObjectOf(await exchange.read(WHOLE_JSON_BODY));
  const asked = await askedRequests(requests);
  const priority = wishedPriority(request.headers) ?? 'LOW';
  const tooUrgent = priorityProblem(principal, priority);
  if (tooUrgent) throw badRequest(`X-Priority: ${tooUrgent.message}`);
  if (!service.endpoints[ENDPOINT])
    throw new ProblemError(refused(404, 'UNKNOWN_ENDPOINT', `This server has no ${ENDPOINT} yet.`));
  const { id } = await service.createWith(principal, linesOf(asked), asked.length, {
    api: 'ANTHROPIC',
    endpoint: ENDPOINT,
    window: WINDOW,
    windowMs: windowMs(WINDOW),
    metadata: null,
    priority,
    idempotencyKey: idempotencyKeyOf(request.headers),
  });
  return mustSee(service, exchange, id);
}

/** @throws ProblemError 400 that names the first request that is wrong */
async function askedRequests(requests: unknown): Promise<readonly AskedRequest[]> {
  if (!Array.isArray(requests) || requests.length === 0)
    throw badRequest('requests: must be a list of at least one request.');
  if (requests.length > MOST_REQUESTS)
    throw badRequest(`requests: a batch has at most ${MOST_REQUESTS} requests. Split it into several.`);
  const seen = new Set<string>();
  const asked: AskedRequest[] = [];
  for (const [index, each] of (requests as readonly unknown[]).entries()) {
    const at = `requests.${index}`;
    if (!isObject(each)) throw badRequest(`${at}: must be an object.`);
    const { custom_id: customId, params } = each;
    if (typeof customId !== 'string' || !/^[\w-]{1,64}$/.test(customId))
      throw badRequest(`${at}.custom_id: must be 1 to 64 letters, digits, dashes and underscores.`);
    if (seen.has(customId)) throw badRequest(`${at}.custom_id: '${customId}' is used twice.`);
    seen.add(customId);
    if (!isObject(params)) throw badRequest(`${at}.params: must be an object.`);
    asked.push({ customId, params: params as JsonObject });
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
  }
  return asked;
}

async function* linesOf(asked: readonly AskedRequest[]): AsyncGenerator<string> {
  for (const [index, { customId, params }] of asked.entries()) {
    yield `${stringifyDeep({ custom_id: customId, params })}\n`;
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
  }
}

async function list(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const query = queryOf(exchange);
  const limit = limitIn(query, { most: 1_000, otherwise: 20 });
  const [after, before] = [query.get('after_id'), query.get('before_id')];
  if (after !== null && before !== null) throw badRequest('Only one of after_id and before_id can be given.');
  const cursor = after ?? before;
  const id = cursor === null ? null : batchIdOf('ANTHROPIC', cursor);
  const isGone = cursor !== null && !(await service.batch(exchange.principal, 'ANTHROPIC', id));
  const page = isGone
    ? { batches: [], hasMore: false }
    : await service.listBatches(exchange.principal, {
        api: 'ANTHROPIC',
        limit,
        ...(id && (after === null ? { before: id } : { after: id })),
      });
  const data = page.batches.map((counted) => batchObject(counted, originOf(exchange)));
  sendJson(exchange, 200, {
    data,
    has_more: page.hasMore,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

async function remove(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const counted = await found(service, exchange);
  letChange(exchange.principal, counted.batch);
  if (!(await service.delete(counted)))
    throw badRequest('This batch is still processed: cancel it, and delete it when it has ended.');
  sendJson(exchange, 200, {
    id: publicBatchId('ANTHROPIC', counted.batch.id),
    type: 'message_batch_deleted',
  });
}

async function results(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const { batch } = await found(service, exchange);
  if (!isEnded(batch.status))
    throw badRequest(
      'This batch is still processed: its results are there when its processing_status is ended.',
    );
  await sendPieces(exchange, { 'Content-Type': 'application/x-jsonl' }, service.results(batch));
}

function found(service: BatchService, exchange: GatewayExchange): Promise<CountedRequestBatch> {
  return mustSee(service, exchange, batchIdOf('ANTHROPIC', exchange.parameters.id ?? ''));
}

async function mustSee(
  service: BatchService,
  { parameters, principal }: GatewayExchange,
  id: Parameters<BatchService['batch']>[2],
): Promise<CountedRequestBatch> {
  const counted = await service.batch(principal, 'ANTHROPIC', id);
  if (counted) return counted;
  throw new ProblemError(
    refused(404, 'BATCH_NOT_FOUND', `There is no message batch ${parameters.id ?? ''}.`),
  );
}

/** As the caller reaches this server, also through a proxy. */
function originOf({ request: { headers } }: GatewayExchange): string {
  const proto = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return `${proto}://${headers.host ?? 'localhost'}`;
}
