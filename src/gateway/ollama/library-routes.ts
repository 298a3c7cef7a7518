/** The models themselves, by Ollama's API: one library, on whichever backends they are. */

import type { JsonObject } from '../../domain/json.ts';
import { withoutAbsent } from '../../domain/json.ts';
import { EVERYWHERE, type ModelOperations } from '../../domain/model-operations.ts';
import { ModelRequiredError, OllamaError } from '../../ollama-api/errors.ts';
import { send, sendJson } from '../../ollama-api/exchange.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import {
  isValidName,
  type ModelReference,
  parseModelName,
  parseModelReference,
  shortName,
} from '../../ollama-api/model-name.ts';
import { answerProgress } from '../../ollama-api/progress.ts';
import {
  COPY_REQUEST,
  CREATE_REQUEST,
  type CreateRequest,
  DELETE_REQUEST,
  PULL_REQUEST,
  SHOW_REQUEST,
} from '../../ollama-api/request-shapes.ts';
import type { Router } from '../../ollama-api/router.ts';
import type { GatewayExchange, GatewayHandler } from '../shared/gateway-route.ts';
import { cloudDisabled } from './errors.ts';

type Library = Pick<
  ModelOperations,
  'tags' | 'show' | 'followPull' | 'push' | 'create' | 'copy' | 'delete' | 'hasBlob' | 'putBlob'
>;

/** What the routes stand on. */
interface Desk {
  readonly library: Library;
  /** An error as Ollama's clients are told it. */
  told(error: unknown): OllamaError;
}

export function addLibraryRoutes(router: Router<GatewayHandler>, desk: Desk): void {
  const { library } = desk;
  const at =
    (handler: (desk: Desk, exchange: GatewayExchange) => Promise<void>): GatewayHandler =>
    (exchange) =>
      handler(desk, exchange);
  router
    .add('GET,HEAD', '/api/tags', async (exchange) =>
      sendJson(exchange, 200, { models: await library.tags() }),
    )
    .add('POST', '/api/show', (exchange) => show(library, exchange))
    .add('POST', '/api/pull', at(pull))
    .add('POST', '/api/push', at(push))
    .add('POST', '/api/create', at(create))
    .add('POST', '/api/copy', at(copy))
    .add('DELETE', '/api/delete', at(remove))
    .add('HEAD', '/api/blobs/:digest', at(headBlob))
    .add('POST', '/api/blobs/:digest', at(putBlob));
}

/** It takes no name by which it is called today. */
const COPILOT_CHAT = 'GitHubCopilotChat/';

async function show(library: Library, exchange: GatewayExchange): Promise<void> {
  const request = decodeBody('ShowRequest', SHOW_REQUEST, await exchange.text());
  const model = request.model || request.name;
  if (isCloud(model)) throw cloudDisabled('remote model details are unavailable');
  const answer = await library.show(said({ ...request, name: '', model }), exchange.signal);
  const isCopilot = exchange.request.headers['user-agent']?.startsWith(COPILOT_CHAT);
  sendJson(exchange, 200, isCopilot ? named(answer, model) : answer);
}

/** That client shows `general.basename`, and its users look for the name that the list has. */
function named(answer: JsonObject, model: string): JsonObject {
  const info = { ...(answer.model_info as JsonObject | undefined), 'general.basename': model };
  const sorted = Object.entries(info).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...answer, model_info: Object.fromEntries(sorted) };
}

async function pull(desk: Desk, exchange: GatewayExchange): Promise<void> {
  const request = decodeBody('PullRequest', PULL_REQUEST, await exchange.text());
  const { name, source } = pulledModel(request.model || request.name);
  if (source === 'cloud') throw cloudDisabled('remote model is unavailable');
  exchange.note({ model: shortName(name) });
  await answerWork(desk, exchange, request.stream, (report) =>
    desk.library.followPull(shortName(name), request.insecure ?? false, report, exchange.signal),
  );
}

function pulledModel(text: string): ModelReference {
  try {
    return parseModelReference(text);
  } catch (error) {
    throw error instanceof ModelRequiredError ? new OllamaError(400, 'invalid model name') : error;
  }
}

async function push(desk: Desk, exchange: GatewayExchange): Promise<void> {
  const request = decodeBody('PushRequest', PULL_REQUEST, await exchange.text());
  const model = request.model || request.name;
  if (model === '') throw new ModelRequiredError();
  exchange.note({ model });
  await answerWork(desk, exchange, request.stream, (report) =>
    desk.library.push(said({ ...request, name: '', model }), report, exchange.signal),
  );
}

async function create(desk: Desk, exchange: GatewayExchange): Promise<void> {
  const request = decodeBody('CreateRequest', CREATE_REQUEST, await exchange.text());
  checkCreate(request);
  exchange.note({ model: request.model || request.name });
  await answerWork(desk, exchange, request.stream, (report) =>
    desk.library.create(said({ ...request, license: jsonOf(request.license) }), report, exchange.signal),
  );
}

/** What Ollama looks at before it begins, and answers as it answers what it cannot read. */
function checkCreate({ model, name, files, adapters }: CreateRequest): void {
  for (const [path, digest] of Object.entries({ ...files, ...adapters })) {
    if (path.startsWith('/') || path.includes('..')) throw new OllamaError(400, 'file path must be relative');
    if (digest === '') throw new OllamaError(400, 'invalid digest format');
  }
  if (!isValidName(parseModelName(model || name))) throw new OllamaError(400, 'invalid model name');
}

async function copy({ library }: Desk, exchange: GatewayExchange): Promise<void> {
  const { source, destination } = decodeBody('CopyRequest', COPY_REQUEST, await exchange.text());
  for (const [what, name] of Object.entries({ source, destination })) {
    if (!isValidName(parseModelName(name)))
      throw new OllamaError(400, `${what} ${JSON.stringify(name)} is invalid`);
  }
  exchange.note({ source, destination });
  await library.copy(source, destination, EVERYWHERE, true);
  send(exchange, 200, '');
}

async function remove({ library }: Desk, exchange: GatewayExchange): Promise<void> {
  const request = decodeBody('DeleteRequest', DELETE_REQUEST, await exchange.text());
  const name = request.model || request.name;
  if (name.trim() === '') throw new ModelRequiredError();
  // Ollama takes off no blanks here.
  if (name !== name.trim()) throw new OllamaError(404, `model '${name}' not found`);
  exchange.note({ model: name });
  await library.delete(name, EVERYWHERE);
  send(exchange, 200, '');
}

async function headBlob({ library }: Desk, exchange: GatewayExchange): Promise<void> {
  const digest = digestIn(exchange);
  if (!(await library.hasBlob(digest, exchange.signal)))
    throw new OllamaError(404, `blob ${JSON.stringify(digest)} not found`);
  send(exchange, 200, '');
}

async function putBlob({ library }: Desk, exchange: GatewayExchange): Promise<void> {
  const digest = digestIn(exchange);
  if (await library.hasBlob(digest, exchange.signal)) {
    exchange.request.resume();
    return send(exchange, 200, '');
  }
  // The connection is still wanted for the answer where the file is not read to its end.
  const bytes = exchange.stream().iterator({ destroyOnReturn: false });
  const isNew = await library.putBlob(digest, bytes, exchange.signal);
  send(exchange, isNew ? 201 : 200, '');
}

const DIGEST = /^sha256[:-][0-9a-fA-F]{64}$/;

function digestIn({ parameters }: GatewayExchange): string {
  const digest = parameters.digest ?? '';
  if (!DIGEST.test(digest)) throw new OllamaError(400, 'invalid digest format');
  return digest;
}

function answerWork(
  { told }: Desk,
  exchange: GatewayExchange,
  stream: boolean | undefined,
  work: (report: (record: JsonObject) => void) => Promise<void>,
): Promise<void> {
  return answerProgress<JsonObject>(exchange, stream, async (report) => {
    try {
      await work(report);
    } catch (error) {
      throw told(error);
    }
  });
}

function isCloud(name: string): boolean {
  try {
    return parseModelReference(name).source === 'cloud';
  } catch {
    return false;
  }
}

/** Of a field that Go keeps as the text it came in. */
function jsonOf(raw: string | undefined): unknown {
  return raw === undefined ? undefined : JSON.parse(raw);
}

/** A decoded request without what its caller did not say: Go takes an empty text or map for an absent one. */
function said(request: Readonly<Record<string, unknown>>): JsonObject {
  const fields = Object.entries(request).filter(([, value]) => value !== '' && !isEmpty(value));
  return withoutAbsent(Object.fromEntries(fields)) as JsonObject;
}

function isEmpty(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}
