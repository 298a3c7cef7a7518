/**
 * A model folder of one cell's own, with the models that it may see and no others: no pull, delete or crowd of models in the
 * user's folder touches what runs. Every request makes Ollama walk all manifests in its folder.
 */
import { copyFile, link, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackendError, messageOf } from '../../domain/errors.ts';
import { systemCode } from '../cells/failures.ts';
import type { Layer, Manifest } from './manifest.ts';

const WEIGHTS = /\.image\.(model|adapter|projector)$/;

export class PrivateFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** A new, empty one. It has both folders from the start: the one with the files must never be a link itself. */
  static async create(path: string): Promise<PrivateFolder> {
    await mkdir(join(path, 'manifests'), { recursive: true, mode: 0o700 });
    await mkdir(join(path, 'blobs'), { recursive: true, mode: 0o700 });
    return new PrivateFolder(path);
  }

  /** One that an earlier server made. */
  static at(path: string): PrivateFolder {
    return new PrivateFolder(path);
  }

  /** Takes a model in; the manifest last, so that it is never seen without its files. @throws BackendError */
  async add(models: string, manifest: Manifest): Promise<void> {
    try {
      for (const layer of manifest.layers) await this.#take(models, layer);
      const file = join(this.path, 'manifests', ...manifest.path);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const fresh = join(this.path, 'manifest.new');
      await writeFile(fresh, manifest.bytes);
      await rename(fresh, file);
    } catch (error) {
      throw asLoadFailure(error, this.path);
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /**
   * A second name of the same file keeps it when the user's folder lets it go. Where the system allows none (another disk, another
   * owner), weights are named by a symbolic link, which an engine has open anyway, and small files are copied.
   */
  async #take(models: string, { fileName, mediaType }: Layer): Promise<void> {
    const source = join(models, 'blobs', fileName);
    const target = join(this.path, 'blobs', fileName);
    try {
      await link(source, target);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') return;
      if (code === 'ENOENT' || code === 'ENOSPC' || code === 'EDQUOT') throw error;
      if (WEIGHTS.test(mediaType)) await symlink(source, target);
      else await copyFile(source, target);
    }
  }
}

function asLoadFailure(error: unknown, path: string): BackendError {
  switch (systemCode(error)) {
    case 'ENOENT':
      return new BackendError(
        'LOAD_FAILED',
        'retry',
        `A file of the model is missing (${messageOf(error)}). A pull may be under way; else pull the model again.`,
        { cause: error },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new BackendError(
        'LOAD_FAILED',
        'retry',
        `The disk of the data folder is full: ${path} cannot be filled. Free some space there.`,
        { cause: error },
      );
    default:
      return new BackendError('LOAD_FAILED', 'retry', `${path} cannot be filled: ${messageOf(error)}.`, {
        cause: error,
      });
  }
}
