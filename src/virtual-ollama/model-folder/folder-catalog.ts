import {
  copyFileSync,
  type Dirent,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OllamaError } from '../../ollama-api/errors.ts';
import { type ModelName, nameKey } from '../../ollama-api/model-name.ts';
import { humanParameterCount, parameterCount } from '../core/architecture.ts';
import { type CatalogModel, type ModelCatalog, sha256 } from '../core/catalog.ts';
import { BlobFolder } from './blob-folder.ts';
import { ggufHeader } from './gguf-header.ts';
import {
  digestOfLayer,
  LAYER,
  type Layer,
  type Manifest,
  manifestText,
  parseConfig,
  parseManifest,
} from './manifest.ts';
import { capabilitiesOf, parametersOf } from './model-facts.ts';

/** Unreferenced layers survive a start when they are younger than this: somebody may be fetching them. */
const YOUNG_MS = 3_600_000;

interface Found {
  readonly name: ModelName;
  readonly path: string;
}

const isMissing = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/**
 * The models of a folder in Ollama's own layout, `manifests/HOST/NAMESPACE/MODEL/TAG` and `blobs/sha256-…`, which any number of servers
 * may share. Nothing is remembered: every question walks the folder, as Ollama does, and finds what others have done to it.
 */
export class FolderCatalog implements ModelCatalog {
  readonly blobs: BlobFolder;
  readonly #manifests: string;
  readonly #prunes: boolean;

  /** @param options.prunes whether layers that nothing uses are removed (`OLLAMA_NOPRUNE` is not set). */
  constructor(folder: string, options: { readonly prunes: boolean } = { prunes: true }) {
    this.blobs = new BlobFolder(folder);
    this.#manifests = join(folder, 'manifests');
    this.#prunes = options.prunes;
  }

  /** What cannot be read is left out. */
  list(): CatalogModel[] {
    const models = this.#walk().flatMap((found) => {
      try {
        const model = this.#read(found);
        return model ? [model] : [];
      } catch {
        return [];
      }
    });
    return models.sort((a, b) => b.modifiedAtMs - a.modifiedAtMs);
  }

  find(name: ModelName): CatalogModel | undefined {
    const found = this.#locate(name);
    return found ? this.#read(found) : undefined;
  }

  put(model: CatalogModel): number {
    const old = this.#locate(model.name);
    const replaced = old ? this.#digests(old.path) : [];
    const text = this.#storeLayers(model);
    const path = old?.path ?? this.#pathOf(model.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, model.modifiedAtMs / 1_000, model.modifiedAtMs / 1_000);
    return this.#prunes ? this.#removeUnused(replaced) : 0;
  }

  copy(source: CatalogModel, destination: ModelName, nowMs: number): void {
    const from = this.#locate(source.name);
    if (!from) return;
    const path = this.#pathOf(destination);
    if (path === from.path) return;
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(from.path, path);
    utimesSync(path, nowMs / 1_000, nowMs / 1_000);
  }

  /** Layers go with their last model, whatever `OLLAMA_NOPRUNE` says. */
  delete(name: ModelName): boolean {
    const found = this.#locate(name);
    if (!found) return false;
    const digests = this.#digests(found.path);
    rmSync(found.path, { force: true });
    this.#removeEmptyFolders(dirname(found.path));
    this.#removeUnused(digests);
    return true;
  }

  hasBlob(digest: string): boolean {
    return this.blobs.has(digest);
  }

  /** What Ollama does at its start unless `OLLAMA_NOPRUNE` is set: removes every layer that no manifest names, but for young ones. */
  prune(nowMs: number): void {
    if (!this.#prunes) return;
    const used = this.#usedDigests();
    for (const name of safeNames(this.blobs.path)) {
      const digest = /^sha256-([0-9a-f]{64})/.exec(name)?.[1];
      const path = join(this.blobs.path, name);
      if (!digest || used.has(digest)) continue;
      const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (nowMs - modifiedMs > YOUNG_MS) rmSync(path, { force: true });
    }
  }

  #pathOf({ host, namespace, model, tag }: ModelName): string {
    return join(this.#manifests, host, namespace, model, tag);
  }

  #locate(name: ModelName): Found | undefined {
    const key = nameKey(name);
    return this.#walk().find((found) => nameKey(found.name) === key);
  }

  #walk(): Found[] {
    return folders(this.#manifests).flatMap((host) =>
      folders(join(this.#manifests, host)).flatMap((namespace) =>
        folders(join(this.#manifests, host, namespace)).flatMap((model) =>
          files(join(this.#manifests, host, namespace, model)).map((tag) => {
            const name = { host, namespace, model, tag };
            return { name, path: this.#pathOf(name) };
          }),
        ),
      ),
    );
  }

  /** Undefined when it has gone since the folder was walked. @throws OllamaError */
  #read(found: Found): CatalogModel | undefined {
    try {
      const text = readFileSync(found.path, 'utf8');
      return this.#model(found, text, parseManifest(text));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error instanceof OllamaError
        ? error
        : new OllamaError(500, error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  #model(found: Found, text: string, manifest: Manifest): CatalogModel {
    const weights = manifest.layers.find((layer) => layer.mediaType === LAYER.model);
    if (!weights) throw new OllamaError(500, 'model has no weights');
    const weightsDigest = digestOfLayer(weights);
    const { facts, quantization, chatTemplate } = this.blobs.header(weightsDigest);
    const config = parseConfig(this.blobs.text(digestOfLayer(manifest.config)));
    const digests = (mediaType: string) =>
      manifest.layers.filter((layer) => layer.mediaType === mediaType).map(digestOfLayer);
    const texts = (mediaType: string) => digests(mediaType).map((digest) => this.blobs.text(digest));
    const [template = ''] = texts(LAYER.template);
    const projectors = digests(LAYER.projector);
    return {
      name: found.name,
      weightsDigest,
      weightsBytes: this.blobs.size(weightsDigest),
      manifestDigest: sha256(text),
      modifiedAtMs: statSync(found.path).mtimeMs,
      facts,
      capabilities:
        config.capabilities ?? capabilitiesOf(facts, [template, chatTemplate], projectors.length > 0),
      quantization: config.file_type ?? quantization,
      parameterSize: config.model_type ?? humanParameterCount(parameterCount(facts)),
      parentModel: weights.from ?? '',
      template,
      chatTemplate,
      system: texts(LAYER.system).join(''),
      parameters: parametersOf(texts(LAYER.params)[0]),
      license: texts(LAYER.license),
      messages: texts(LAYER.messages).flatMap((list) => JSON.parse(list)),
      adapters: digests(LAYER.adapter),
      projectors,
      blobFolder: this.blobs.path,
      sizeBytes: [manifest.config, ...manifest.layers].reduce((sum, layer) => sum + layer.size, 0),
    };
  }

  /** Everything of a model but the manifest, whose text it gives. Weights that are not there are made up. */
  #storeLayers(model: CatalogModel): string {
    const { blobs } = this;
    blobs.storeSparse(model.weightsDigest, ggufHeader(model), model.weightsBytes);
    const stored = (mediaType: string, digest: string): Layer => ({
      mediaType,
      digest: `sha256:${digest}`,
      size: blobs.has(digest) ? blobs.size(digest) : 0,
    });
    const written = (mediaType: string, text: string) => stored(mediaType, blobs.store(text));
    const some = (mediaType: string, text: string) => (text === '' ? [] : [written(mediaType, text)]);
    const asJson = (value: object) => (Object.keys(value).length > 0 ? JSON.stringify(value) : '');
    const config = blobs.store(
      JSON.stringify({
        model_format: 'gguf',
        model_family: model.facts.architecture,
        model_families: [model.facts.architecture],
        model_type: model.parameterSize,
        file_type: model.quantization,
        architecture: 'amd64',
        os: 'linux',
        capabilities: model.capabilities,
      }),
    );
    const weights = stored(LAYER.model, model.weightsDigest);
    return manifestText({ digest: `sha256:${config}`, size: blobs.size(config) }, [
      model.parentModel ? { ...weights, from: model.parentModel } : weights,
      ...model.adapters.map((digest) => stored(LAYER.adapter, digest)),
      ...model.projectors.map((digest) => stored(LAYER.projector, digest)),
      ...some(LAYER.template, model.template),
      ...some(LAYER.system, model.system),
      ...some(LAYER.params, asJson(model.parameters)),
      ...model.license.map((text) => written(LAYER.license, text)),
      ...some(LAYER.messages, asJson(model.messages)),
    ]);
  }

  #digests(path: string): readonly string[] {
    try {
      const { config, layers } = parseManifest(readFileSync(path, 'utf8'));
      return [config, ...layers].map(digestOfLayer);
    } catch {
      return [];
    }
  }

  #usedDigests(): ReadonlySet<string> {
    return new Set(this.#walk().flatMap(({ path }) => this.#digests(path)));
  }

  #removeUnused(digests: readonly string[]): number {
    if (digests.length === 0) return 0;
    const used = this.#usedDigests();
    const unused = digests.filter((digest) => !used.has(digest));
    for (const digest of unused) this.blobs.remove(digest);
    return unused.length;
  }

  #removeEmptyFolders(from: string): void {
    for (let folder = from; folder !== this.#manifests; folder = dirname(folder)) {
      try {
        rmdirSync(folder);
      } catch {
        // It has other models.
        return;
      }
    }
  }
}

function entries(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw new OllamaError(500, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const safeNames = (folder: string) => entries(folder).map((entry) => entry.name);
const folders = (folder: string) =>
  entries(folder)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => entry.name);
const files = (folder: string) =>
  entries(folder)
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
