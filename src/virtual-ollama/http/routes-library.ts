import { InvalidModelNameError, ModelRequiredError, OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, send } from '../../ollama-api/exchange.ts';
import { decodeBody, go } from '../../ollama-api/go-decode.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import { JsonText } from '../../ollama-api/json-text.ts';
import {
  isValidName,
  type ModelName,
  parseModelName,
  parseModelReference,
} from '../../ollama-api/model-name.ts';
import { answerProgress } from '../../ollama-api/progress.ts';
import { CREATE_REQUEST, type CreateRequest, PULL_REQUEST } from '../../ollama-api/request-shapes.ts';
import type { BlobStore } from '../core/blob-store.ts';
import { digestOf } from '../core/blob-store.ts';
import { type CatalogModel, displayNames, sha256 } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import { type GgufHeader, readGguf } from '../core/gguf.ts';
import type { PullProgress, Registry } from '../core/registry.ts';

/** What the library routes need beside the core. */
export interface Library {
  readonly core: VirtualOllamaCore;
  readonly registry: Registry;
  readonly blobs: BlobStore;
}

type Report = (line: PullProgress) => void;

function pull(library: Library, exchange: Exchange, name: ModelName, report: Report): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const running = library.registry.pull(name, { progress: report, done: resolve, failed: reject });
  exchange.signal.addEventListener(
    'abort',
    () => {
      running.cancel();
      reject(new OllamaError(499, 'request canceled'));
    },
    { once: true },
  );
  return promise;
}

/** POST /api/pull */
export async function pullRoute(library: Library, exchange: Exchange): Promise<void> {
  const request = decodeBody('PullRequest', PULL_REQUEST, await exchange.text());
  let name: ModelName;
  try {
    name = parseModelReference(request.model || request.name).name;
  } catch (error) {
    throw error instanceof ModelRequiredError ? new InvalidModelNameError() : error;
  }
  await answerProgress(exchange, request.stream, (report) => pull(library, exchange, name, report));
}

/** POST /api/push: there is nowhere to push to. */
export async function pushRoute(library: Library, exchange: Exchange): Promise<void> {
  const request = decodeBody('PushRequest', PULL_REQUEST, await exchange.text());
  const text = request.model || request.name;
  if (text === '') throw new ModelRequiredError();
  await answerProgress(exchange, request.stream, (report) => {
    const name = parseModelName(text);
    report({ status: 'retrieving manifest' });
    const model = library.core.catalog.find(name);
    if (!model) {
      report({ status: "couldn't retrieve manifest" });
      const full = displayNames.full(name);
      const path = `/root/.ollama/models/manifests/${full.replace(':', '/')}`;
      throw new OllamaError(
        500,
        isValidName(name) ? `open ${path}: no such file or directory` : `unqualified name: ${full}`,
      );
    }
    const { host, namespace, model: repository } = name;
    const url = `https://${host}/v2/${namespace}/${repository}/blobs/sha256:${model.weightsDigest}`;
    throw new OllamaError(500, `Head ${quoteGo(url)}: dial tcp: lookup ${host}: no such host`);
  });
}

/** HEAD /api/blobs/:digest */
export function headBlobRoute(library: Library, exchange: Exchange): void {
  const digest = digestOf(exchange.parameters.digest ?? '');
  if (!digest) throw new OllamaError(400, 'invalid digest format');
  const known = library.blobs.get(digest) !== undefined || library.core.catalog.hasBlob(digest);
  if (known) send(exchange, 200, '');
  else throw new OllamaError(404, `blob ${quoteGo(exchange.parameters.digest ?? '')} not found`);
}

/** POST /api/blobs/:digest: the body is the file itself. */
export async function createBlobRoute(library: Library, exchange: Exchange): Promise<void> {
  const asked = exchange.parameters.digest ?? '';
  const digest = digestOf(asked);
  if (!digest) throw new OllamaError(400, 'invalid digest format');
  if (library.blobs.get(digest) || library.core.catalog.hasBlob(digest)) {
    exchange.request.resume();
    send(exchange, 200, '');
    return;
  }
  const actual = await library.blobs.receive(digest, exchange.request);
  if (actual !== digest) {
    throw new OllamaError(400, `digest mismatch, expected ${quoteGo(asked)}, got "sha256:${actual}"`);
  }
  send(exchange, 201, '');
}

/** POST /api/create */
export async function createRoute(library: Library, exchange: Exchange): Promise<void> {
  const request = decodeBody('CreateRequest', CREATE_REQUEST, await exchange.text());
  for (const [path, digest] of Object.entries({ ...request.files, ...request.adapters })) {
    if (path.startsWith('/') || path.includes('..')) throw new OllamaError(400, 'file path must be relative');
    if (digest === '') throw new OllamaError(400, 'invalid digest format');
  }
  const name = parseModelName(request.model || request.name);
  if (!isValidName(name)) throw new InvalidModelNameError();
  await answerProgress(exchange, request.stream, async (report) => {
    const base = await baseModel(library, exchange, request, report);
    storeModel(library, request, name, base, report);
  });
}

async function baseModel(
  library: Library,
  exchange: Exchange,
  request: CreateRequest,
  report: Report,
): Promise<CatalogModel> {
  if (request.from) {
    let name: ModelName;
    try {
      ({ name } = parseModelReference(request.from));
    } catch {
      throw new InvalidModelNameError();
    }
    if (!library.core.catalog.find(name)) await pull(library, exchange, name, report);
    const found = library.core.catalog.find(name);
    if (!found) throw new OllamaError(500, `model ${quoteGo(request.from)} not found`);
    for (const digest of layersOf(found)) report({ status: `using existing layer sha256:${digest}` });
    return { ...found, parentModel: displayNames.short(found.name) };
  }
  if (!request.files) throw new OllamaError(400, "neither 'from' or 'files' was specified");
  return modelFromFiles(library, request.files, report);
}

function modelFromFiles(
  library: Library,
  files: Readonly<Record<string, string>>,
  report: Report,
): CatalogModel {
  const file = Object.keys(files).find((name) => name.endsWith('.gguf'));
  const named = file === undefined ? undefined : files[file];
  if (named === undefined) throw new OllamaError(400, 'unknown type');
  report({ status: 'parsing GGUF' });
  const digest = digestOf(named);
  const blob = digest ? library.blobs.get(digest) : undefined;
  if (!digest || !blob) {
    const path = `/root/.ollama/models/blobs/${named.replace(':', '-')}`;
    throw new OllamaError(500, `open ${path}: no such file or directory`);
  }
  let header: GgufHeader;
  try {
    header = readGguf(blob.head);
  } catch (error) {
    throw new OllamaError(400, 'supplied file was not in GGUF format', { cause: error });
  }
  if (library.core.settings.regime !== 'classic') report({ status: 'validating GGUF model' });
  report({ status: `using existing layer sha256:${digest}` });
  return library.core.describe({
    name: 'created',
    weightsDigest: digest,
    weightsBytes: blob.bytes,
    facts: header.facts,
    quantization: header.quantization,
    chatTemplate: header.chatTemplate,
  });
}

const hasKeys = (map: object) => Object.keys(map).length > 0;
const textOf = (value: object) => (hasKeys(value) ? JSON.stringify(value) : '');

/** The digests of a model's layers: of files as they are, of texts by what they say. */
function layersOf(model: CatalogModel): readonly string[] {
  const { template, system, license, parameters, messages } = model;
  const texts = [template, system, ...license, textOf(parameters), textOf(messages)];
  const files = [model.weightsDigest, ...model.projectors, ...model.adapters];
  return [...files, ...texts.filter((text) => text !== '').map((text) => sha256(text))];
}

/** One text or a list of them. @throws Error with Go's text for everything else. */
function readLicense(license: string | undefined): readonly string[] {
  const json = license === undefined ? undefined : JsonText.read(license);
  if (!json) return [];
  const text = json.kind === 'string' ? String(json.value()) : undefined;
  if (text !== undefined) return text ? [text] : [];
  return go.unmarshal(go.list(go.string(), '[]string'), json) ?? [];
}

function storeModel(
  library: Library,
  request: CreateRequest,
  name: ModelName,
  base: CatalogModel,
  report: Report,
): void {
  const { core } = library;
  const license = readLicense(request.license);
  const changes = {
    ...(request.template ? { template: request.template } : {}),
    ...(request.system ? { system: request.system } : {}),
    ...(license.length > 0 ? { license } : {}),
    ...(request.messages
      ? { messages: request.messages.map(({ role, content }) => ({ role, content })) }
      : {}),
    parameters: { ...base.parameters, ...request.parameters },
    adapters: [
      ...base.adapters,
      ...Object.values(request.adapters ?? {}).map((digest) => digestOf(digest) ?? digest),
    ],
  };
  const layers = [
    request.template,
    request.system,
    ...license,
    hasKeys(request.parameters) ? JSON.stringify(request.parameters) : '',
    request.messages?.length ? JSON.stringify(request.messages) : '',
  ];
  for (const layer of layers) {
    if (layer) report({ status: `creating new layer sha256:${sha256(layer)}` });
  }
  const model = { ...base, ...changes };
  core.catalog.put({
    ...model,
    name: core.catalog.find(name)?.name ?? name,
    manifestDigest: sha256(JSON.stringify({ ...model, name: '', modifiedAtMs: 0 })),
    modifiedAtMs: core.clock.now(),
  });
  report({ status: 'writing manifest' });
  report({ status: 'success' });
}
