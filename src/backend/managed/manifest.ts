/** The model folder as Ollama lays it out: `manifests/HOST/NAMESPACE/MODEL/TAG` names the files in `blobs`. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, sleep } from '../../clock.ts';
import { BackendError } from '../../domain/errors.ts';
import { systemCode, unusable } from '../cells/failures.ts';
import { ollamaNames } from '../ollama/model-names.ts';

const digest = z.string().regex(/^sha256[:-][0-9a-f]{64}$/);
const layer = z.object({ mediaType: z.string().default(''), digest, size: z.number().min(0).default(0) });
const shape = z.object({ config: layer.nullish(), layers: z.array(layer) });

export interface Layer {
  readonly mediaType: string;
  /** Of its file in `blobs`. */
  readonly fileName: string;
}

export interface Manifest {
  /** Of its file below `manifests`: the name's parts as they are spelt there. */
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
  /** 64 hex digits, as `/api/tags` and `/api/ps` have it. */
  readonly digest: string;
  readonly layers: readonly Layer[];
}

/** @throws BackendError for a folder that is missing or closed; it is never made here, as Ollama itself would silently do */
export async function requireModelFolder(path: string): Promise<string> {
  try {
    if (!(await stat(path)).isDirectory()) {
      throw unusable(`The model folder ${path} is not a folder. Correct managed.models.`);
    }
    await access(path, constants.R_OK | constants.X_OK);
    await access(join(path, 'manifests'), constants.R_OK | constants.X_OK).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    return path;
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw unusable(
          `There is no model folder ${path}. Make it (\`mkdir -p ${path}\`) for a new one, mount its disk, or correct managed.models: a systemd Ollama keeps its models in /usr/share/ollama/.ollama/models.`,
          error,
        );
      case 'EACCES':
      case 'EPERM':
        throw unusable(
          `The model folder ${path} may not be read by this user. Add the user to the group that owns it (\`usermod -aG ollama USER\`), or correct its permissions.`,
          error,
        );
      default:
        throw error;
    }
  }
}

const ATTEMPTS = 4;
const TRY_AGAIN_MS = 100;

/**
 * The manifest of a model. One that is missing or half-written may be being replaced by a pull at this moment, so it is looked at again.
 * @throws BackendError
 */
export async function readManifest(
  models: string,
  modelName: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Manifest> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(models, modelName);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof BackendError) || error.remedy !== 'retry') throw error;
      await sleep(clock, TRY_AGAIN_MS * attempt, signal);
    }
  }
}

async function readOnce(models: string, modelName: string): Promise<Manifest> {
  const root = join(await requireModelFolder(models), 'manifests');
  const path = await spelling(root, partsOf(modelName));
  const missing = (cause?: unknown) =>
    new BackendError(
      'MODEL_NOT_FOUND',
      'retry',
      `The model folder ${models} has no ${modelName}. If it was deleted, pull it again.`,
      { cause },
    );
  if (!path) throw missing();
  const bytes = await readFile(join(root, ...path)).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw missing(error);
    throw new BackendError(
      'LOAD_FAILED',
      'none',
      `The manifest of ${modelName} in ${models} cannot be read. Check its permissions.`,
      { cause: error },
    );
  });
  const parsed = shape.safeParse(parseJson(bytes));
  if (!parsed.success) {
    throw new BackendError(
      'LOAD_FAILED',
      'retry',
      `The manifest of ${modelName} in ${models} is not whole. Pull the model again.`,
      { cause: parsed.error },
    );
  }
  const { layers, config } = parsed.data;
  return {
    path,
    bytes,
    digest: createHash('sha256').update(bytes).digest('hex'),
    layers: [...layers, ...(config ? [config] : [])].map((each) => ({
      mediaType: each.mediaType,
      fileName: each.digest.replace(':', '-'),
    })),
  };
}

const WEIGHTS = /\.image\.(model|adapter|projector)$/;

/** The files that are loaded: equal for all names that can share an instance. */
export function weightFiles(manifest: Pick<Manifest, 'layers'>): string {
  return manifest.layers
    .filter(({ mediaType }) => WEIGHTS.test(mediaType))
    .map(({ fileName }) => fileName)
    .sort()
    .join(' ');
}

/** Names of all files in `blobs` that a manifest in the folder names; those that cannot be read are passed over. */
export async function filesInUse(models: string): Promise<ReadonlySet<string>> {
  const root = join(models, 'manifests');
  const used = new Set<string>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '');
    for (const [, hex] of text.matchAll(/sha256[:-]([0-9a-f]{64})/g)) used.add(`sha256-${hex}`);
  }
  return used;
}

/** `llama3.2:3b` → registry.ollama.ai, library, llama3.2, 3b. */
export function partsOf(modelName: string): readonly string[] {
  const canonical = ollamaNames.canonical(modelName);
  const colon = canonical.lastIndexOf(':');
  const names = canonical.slice(0, colon).split('/');
  const missing = ['registry.ollama.ai', 'library'].slice(0, Math.max(0, 3 - names.length));
  return [...missing, ...names, canonical.slice(colon + 1)];
}

/** Names are the same in upper and lower case, files are not: the spelling that is there, or null. */
async function spelling(root: string, parts: readonly string[]): Promise<readonly string[] | null> {
  const found: string[] = [];
  for (const part of parts) {
    const names = await readdir(join(root, ...found)).catch((): string[] => []);
    const name = names.includes(part) ? part : names.find((each) => each.toLowerCase() === part);
    // A name's part never starts with a dot: nothing leads out of the folder.
    if (name === undefined || part.startsWith('.')) return null;
    found.push(name);
  }
  return found;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
