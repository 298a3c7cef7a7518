/** `/v1/files`. */

import { letChange } from '../../domain/principal.ts';
import type { StoredFile } from '../../domain/stored-file.ts';
import { sendJson } from '../../ollama-api/exchange.ts';
import type { Router } from '../../ollama-api/router.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { badRequest, ProblemError, refused } from '../shared/problem.ts';
import type { BatchService } from './batch-service.ts';
import { fileObject } from './openai-objects.ts';
import { fileIdOf, publicFileId } from './public-ids.ts';
import { choiceIn, limitIn, queryOf } from './query.ts';
import { sendPieces } from './send-pieces.ts';
import { receiveUpload } from './upload.ts';

export function addFileRoutes(router: Router<GatewayHandler>, service: BatchService): void {
  router
    .add('POST', '/v1/files', (exchange) => upload(service, exchange))
    .add('GET', '/v1/files', (exchange) => list(service, exchange))
    .add('GET', '/v1/files/:id', (exchange) => retrieve(service, exchange))
    .add('GET,HEAD', '/v1/files/:id/content', (exchange) => content(service, exchange))
    .add('DELETE', '/v1/files/:id', (exchange) => remove(service, exchange));
}

async function upload(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const file = await receiveUpload(exchange, service, (fields) => {
    const purpose = fields.get('purpose');
    if (purpose !== 'batch')
      throw badRequest(
        `purpose must be 'batch'${purpose === undefined ? '' : `, not '${purpose}'`}: this server keeps files for batches alone.`,
      );
    return { lifeMs: lifeOf(fields) };
  });
  sendJson(exchange, 200, fileObject(file, service.retentionMs));
}

const LEAST_LIFE_S = 3_600;
const MOST_LIFE_S = 2_592_000;

function lifeOf(fields: ReadonlyMap<string, string>): number | null {
  const [anchor, text] = [fields.get('expires_after[anchor]'), fields.get('expires_after[seconds]')];
  if (anchor === undefined && text === undefined) return null;
  const seconds = Number(text);
  const isLife = Number.isSafeInteger(seconds) && seconds >= LEAST_LIFE_S && seconds <= MOST_LIFE_S;
  if (anchor === 'created_at' && isLife) return seconds * 1_000;
  throw badRequest(
    `expires_after needs the anchor 'created_at' and seconds, a whole number from ${LEAST_LIFE_S} to ${MOST_LIFE_S}.`,
  );
}

const PURPOSES = { batch: 'BATCH', batch_output: 'BATCH_OUTPUT' } as const;

async function list(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const query = queryOf(exchange);
  const order = choiceIn(query, 'order', ['asc', 'desc']) ?? 'desc';
  const purpose = query.get('purpose');
  const limit = limitIn(query, { most: 10_000, otherwise: 10_000 });
  const after = query.get('after');
  const known = purpose === null || purpose in PURPOSES;
  const cursor = after === null ? null : fileIdOf(after);
  const nothing = !known || (after !== null && !(await service.file(exchange.principal, cursor)));
  const page = nothing
    ? { files: [], hasMore: false }
    : await service.listFiles(exchange.principal, {
        direction: order === 'asc' ? 'ASC' : 'DESC',
        limit,
        ...(purpose !== null && { purpose: PURPOSES[purpose as keyof typeof PURPOSES] }),
        ...(cursor && { after: cursor }),
      });
  sendList(
    exchange,
    page.files.map((file) => fileObject(file, service.retentionMs)),
    page.hasMore,
  );
}

export function sendList(
  exchange: GatewayExchange,
  data: readonly { readonly [key: string]: unknown }[],
  hasMore: boolean,
): void {
  sendJson(exchange, 200, {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  });
}

async function retrieve(service: BatchService, exchange: GatewayExchange): Promise<void> {
  sendJson(exchange, 200, fileObject(await found(service, exchange), service.retentionMs));
}

async function content(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const file = await found(service, exchange);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    'Content-Disposition': 'attachment',
    // What came out of a batch is made as it is read.
    ...(file.source === null && { 'Content-Length': file.bytes }),
  };
  await sendPieces(exchange, headers, service.content(file));
}

async function remove(service: BatchService, exchange: GatewayExchange): Promise<void> {
  const file = await found(service, exchange);
  letChange(exchange.principal, file);
  const { id } = file;
  await service.files.delete(id);
  sendJson(exchange, 200, { id: publicFileId(id), object: 'file', deleted: true });
}

async function found(service: BatchService, exchange: GatewayExchange): Promise<StoredFile> {
  const { id = '' } = exchange.parameters;
  const file = await service.file(exchange.principal, fileIdOf(id));
  if (!file) throw noSuchFile(id);
  return file;
}

export function noSuchFile(id: string): ProblemError {
  return new ProblemError(refused(404, 'FILE_NOT_FOUND', `No such File object: ${id}`));
}
