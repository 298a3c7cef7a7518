import { createHash } from 'node:crypto';
import type { ModelName } from '../../ollama-api/model-name.ts';
import { fullName, nameKey, parseModelName, shortName } from '../../ollama-api/model-name.ts';
import type { Architecture } from './architecture.ts';
import { isEmbeddingArchitecture } from './architecture.ts';
import type { Capability } from './capability.ts';
import type { OptionMap } from './options.ts';
import { chatTemplateFor, goTemplateFor } from './templates.ts';

export interface StoredMessage {
  readonly role: string;
  readonly content: string;
}

/** One name in the library. Several names may share one weights blob: then they share one runner, too. */
export interface CatalogModel {
  readonly name: ModelName;
  /** 64 hexadecimal digits, without `sha256:`. Identifies what is loaded. */
  readonly weightsDigest: string;
  readonly weightsBytes: number;
  /** 64 hexadecimal digits; what `/api/tags` and `/api/ps` call `digest`. */
  readonly manifestDigest: string;
  readonly modifiedAtMs: number;
  readonly facts: Architecture;
  readonly capabilities: readonly Capability[];
  readonly quantization: string;
  readonly parameterSize: string;
  readonly parentModel: string;
  /** The Modelfile's Go template; empty without one. */
  readonly template: string;
  /** The chat template inside the GGUF, which the newer regime uses and shows where the Modelfile has none. */
  readonly chatTemplate: string;
  readonly system: string;
  readonly parameters: OptionMap;
  readonly license: readonly string[];
  readonly messages: readonly StoredMessage[];
  readonly adapters: readonly string[];
  readonly projectors: readonly string[];
  /** Where its blobs lie; Ollama's own folder unless given. */
  readonly blobFolder?: string;
  /** Of all its layers together; made up from the weights unless given. */
  readonly sizeBytes?: number;
}

/** What a catalogue entry needs to say; the rest has defaults. */
export interface ModelDescription {
  readonly name: string;
  readonly weightsBytes: number;
  readonly facts: Architecture;
  readonly capabilities?: readonly Capability[];
  readonly quantization?: string;
  readonly parameterSize?: string;
  readonly weightsDigest?: string;
  readonly parentModel?: string;
  readonly template?: string;
  readonly chatTemplate?: string;
  readonly system?: string;
  readonly parameters?: OptionMap;
  readonly license?: readonly string[];
  readonly messages?: readonly StoredMessage[];
  readonly adapters?: readonly string[];
  readonly projectors?: readonly string[];
}

export const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

/** Manifest and config of a model, a few hundred bytes beside the weights. */
const MANIFEST_BYTES = 150;

export function describeModel(
  description: ModelDescription,
  modifiedAtMs: number,
  parameterSizeOf: (facts: Architecture) => string,
): CatalogModel {
  const { facts } = description;
  const embedding = isEmbeddingArchitecture(facts);
  const capabilities = description.capabilities ?? [embedding ? 'embedding' : 'completion'];
  const model = {
    weightsDigest: description.weightsDigest ?? sha256(`weights of ${description.name}`),
    weightsBytes: description.weightsBytes,
    facts,
    capabilities,
    quantization: description.quantization ?? (embedding ? 'F16' : 'Q4_0'),
    parameterSize: description.parameterSize ?? parameterSizeOf(facts),
    parentModel: description.parentModel ?? '',
    template: description.template ?? goTemplateFor(capabilities),
    chatTemplate: description.chatTemplate ?? (embedding ? '' : chatTemplateFor(capabilities)),
    system: description.system ?? '',
    parameters: description.parameters ?? {},
    license: description.license ?? [],
    messages: description.messages ?? [],
    adapters: description.adapters ?? [],
    projectors: description.projectors ?? [],
  } satisfies Partial<CatalogModel>;
  return {
    ...model,
    name: parseModelName(description.name),
    manifestDigest: sha256(JSON.stringify(model)),
    modifiedAtMs,
  };
}

const DEFAULT_BLOB_FOLDER = '/root/.ollama/models/blobs';

/** The path of a layer. */
export function layerPath(model: CatalogModel, digest: string): string {
  return `${model.blobFolder ?? DEFAULT_BLOB_FOLDER}/sha256-${digest}`;
}

/** The path under which Ollama's scheduler knows the weights, and by which it breaks ties between victims. */
export function blobPath(model: CatalogModel): string {
  return layerPath(model, model.weightsDigest);
}

export function manifestBytes(model: CatalogModel): number {
  return model.sizeBytes ?? model.weightsBytes + MANIFEST_BYTES;
}

export function supports(model: CatalogModel, capability: Capability): boolean {
  return model.capabilities.includes(capability);
}

/** The models of a server, by name, case-insensitively. */
export interface ModelCatalog {
  /** Newest first, as `/api/tags` lists them. */
  list(): CatalogModel[];
  /** @throws OllamaError when it is there and cannot be read. */
  find(name: ModelName): CatalogModel | undefined;
  /** Tells how many layers of a replaced model were removed, because nothing uses them any more. */
  put(model: CatalogModel): number;
  /** Gives `source` a second name. Both share the manifest, the weights and so the runner. */
  copy(source: CatalogModel, destination: ModelName, nowMs: number): void;
  delete(name: ModelName): boolean;
  /** Whether the blob is there. */
  hasBlob(digest: string): boolean;
}

/** Models that are nowhere but here. */
export class Catalog implements ModelCatalog {
  readonly #models = new Map<string, CatalogModel>();

  constructor(models: Iterable<CatalogModel>) {
    for (const model of models) this.put(model);
  }

  list(): CatalogModel[] {
    return [...this.#models.values()].sort((a, b) => b.modifiedAtMs - a.modifiedAtMs);
  }

  find(name: ModelName): CatalogModel | undefined {
    return this.#models.get(nameKey(name));
  }

  put(model: CatalogModel): number {
    this.#models.set(nameKey(model.name), model);
    return 0;
  }

  copy(source: CatalogModel, destination: ModelName, nowMs: number): void {
    this.put({ ...source, name: destination, modifiedAtMs: nowMs });
  }

  delete(name: ModelName): boolean {
    return this.#models.delete(nameKey(name));
  }

  hasBlob(digest: string): boolean {
    return this.list().some((model) => model.weightsDigest === digest || model.projectors.includes(digest));
  }
}

/** `option "tools"` errors name the model in full: `registry.ollama.ai/library/NAME:TAG`. */
export const displayNames = { full: fullName, short: shortName };
