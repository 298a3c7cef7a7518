import { sleep } from '../../clock.ts';
import { InvalidModelNameError, ModelRequiredError, OllamaError } from '../../ollama-api/errors.ts';
import { type Exchange, send, sendJson } from '../../ollama-api/exchange.ts';
import { decodeBody } from '../../ollama-api/go-decode.ts';
import { goTime } from '../../ollama-api/go-json.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import {
  isValidName,
  type ModelName,
  parseModelName,
  parseModelReference,
  parseStoredReference,
} from '../../ollama-api/model-name.ts';
import { COPY_REQUEST, DELETE_REQUEST, SHOW_REQUEST } from '../../ollama-api/request-shapes.ts';
import { modelInfo, tensorsOf } from '../core/architecture.ts';
import { blobPath, type CatalogModel, displayNames, manifestBytes } from '../core/catalog.ts';
import type { VirtualOllamaCore } from '../core/core.ts';
import { modelfileText, parametersText } from '../core/modelfile.ts';
import { PLAIN_TEMPLATE } from '../core/templates.ts';
import { findModel } from './inference.ts';

function detailsOf(model: CatalogModel, parentModel = '') {
  const family = model.facts.architecture;
  return {
    parent_model: parentModel,
    format: 'gguf',
    family,
    families: [family],
    parameter_size: model.parameterSize,
    quantization_level: model.quantization,
  };
}

const isClassic = (core: VirtualOllamaCore) => core.settings.regime === 'classic';

/** GET /api/tags */
export function tagsRoute(core: VirtualOllamaCore, exchange: Exchange): void {
  const models = core.catalog.list().map((model) => {
    const name = displayNames.short(model.name);
    const lengths = {
      context_length: model.facts.contextLength,
      embedding_length: model.facts.embeddingLength,
    };
    return {
      name,
      model: name,
      modified_at: goTime(model.modifiedAtMs),
      size: manifestBytes(model),
      digest: model.manifestDigest,
      details: { ...detailsOf(model, model.parentModel), ...(isClassic(core) ? {} : lengths) },
      ...(isClassic(core) ? {} : { capabilities: model.capabilities }),
    };
  });
  sendJson(exchange, 200, { models });
}

/** GET /api/ps: what is loaded, latest expiry first. What is being loaded is not listed. */
export async function psRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const { slowPsMs } = core.faults.state;
  if (slowPsMs > 0) await sleep(core.clock, slowPsMs, exchange.signal);
  const listed = core.scheduler.runners().map((runner) => {
    const name = displayNames.short(runner.model.name);
    // Until its first request has ended a runner has no expiry, and one is made up for each call.
    const expiresAtMs = runner.expiresAtMs ?? core.clock.now() + runner.sessionMs;
    return {
      expiresAtMs,
      entry: {
        name,
        model: name,
        size: runner.engine.totalBytes,
        digest: runner.model.manifestDigest,
        details: detailsOf(runner.model),
        expires_at: goTime(expiresAtMs),
        size_vram: runner.engine.vramBytes,
        context_length: runner.engine.launch.options.numCtx,
      },
    };
  });
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  listed.sort((a, b) => seconds(b.expiresAtMs) - seconds(a.expiresAtMs));
  sendJson(exchange, 200, { models: listed.map(({ entry }) => entry) });
}

/** POST /api/show */
export async function showRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const request = decodeBody('ShowRequest', SHOW_REQUEST, await exchange.text());
  const name = request.model || request.name;
  const model = findModel(core, name, {
    empty: () => new ModelRequiredError(),
    subject: 'remote model details are',
    missing: () => {
      const shown = isClassic(core) ? name : displayNames.short(parseModelReference(name).name);
      return new OllamaError(404, `model '${shown}' not found`);
    },
  });
  const parameters = parametersText(model);
  const system = request.system || model.system;
  sendJson(exchange, 200, {
    ...(model.license.length > 0 ? { license: model.license.join('\n') } : {}),
    modelfile: modelfileText({ ...model, system }),
    ...(parameters ? { parameters } : {}),
    template: model.template || (isClassic(core) ? '' : model.chatTemplate) || PLAIN_TEMPLATE,
    ...(system ? { system } : {}),
    details: detailsOf(model, model.parentModel || (isClassic(core) ? blobPath(model) : '')),
    ...(model.messages.length > 0 ? { messages: model.messages } : {}),
    model_info: modelInfo(model.facts, model.quantization, request.verbose === true),
    tensors: tensorsOf(model.facts, model.quantization),
    capabilities: model.capabilities,
    modified_at: goTime(model.modifiedAtMs),
  });
}

/** POST /api/copy */
export async function copyRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const request = decodeBody('CopyRequest', COPY_REQUEST, await exchange.text());
  const source = parseModelName(request.source);
  if (!isValidName(source)) throw new OllamaError(400, `source ${quoteGo(request.source)} is invalid`);
  const destination = parseModelName(request.destination);
  if (!isValidName(destination)) {
    throw new OllamaError(400, `destination ${quoteGo(request.destination)} is invalid`);
  }
  const model = core.catalog.find(source);
  if (!model) throw new OllamaError(404, `model ${quoteGo(request.source)} not found`);
  core.catalog.copy(model, core.catalog.find(destination)?.name ?? destination, core.clock.now());
  send(exchange, 200, '');
}

/** DELETE /api/delete: a loaded model stays in memory until it expires. */
export async function deleteRoute(core: VirtualOllamaCore, exchange: Exchange): Promise<void> {
  const request = decodeBody('DeleteRequest', DELETE_REQUEST, await exchange.text());
  const name = request.model || request.name;
  let parsed: ModelName;
  try {
    parsed = parseStoredReference(name).name;
  } catch (error) {
    throw error instanceof InvalidModelNameError
      ? new OllamaError(400, `name ${quoteGo(name)} is invalid`)
      : error;
  }
  if (!core.catalog.delete(parsed)) throw new OllamaError(404, `model '${name}' not found`);
  send(exchange, 200, '');
}
