/** What a managed Ollama would be made of on this machine: the program and the folder of models, before anything is started. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { ManagedConfig } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import { filesInUse, requireModelFolder } from './manifest.ts';
import { findProgram, requireVersion } from './program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type ProgramLook =
  /** `version` is null when it does not say. */
  | { readonly kind: 'usable'; readonly path: string; readonly version: string | null }
  /** What is wrong and what to do. */
  | { readonly kind: 'unusable'; readonly problem: string };

const VERSION_WITHIN_MS = 5_000;
/** Nobody listens there, so that it tells its own version and not a server's. */
const NOWHERE = '127.0.0.1:1';

/** Never throws. */
export async function lookAtProgram(
  { binary }: Pick<ManagedConfig, 'binary'>,
  env: Environment,
  clock: Clock,
): Promise<ProgramLook> {
  try {
    const { path } = await findProgram(binary, env.PATH);
    const version = await versionOf(path, env, clock);
    if (version !== null) requireVersion(version);
    return { kind: 'usable', path, version };
  } catch (error) {
    return { kind: 'unusable', problem: messageOf(error) };
  }
}

function versionOf(path: string, env: Environment, clock: Clock): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const late = new AbortController();
  const timer = clock.after(VERSION_WITHIN_MS, () => late.abort());
  const options = {
    // It ends at once without a HOME.
    env: { HOME: '/', ...env, OLLAMA_HOST: NOWHERE },
    signal: late.signal,
    killSignal: 'SIGKILL' as const,
  };
  execFile(path, ['--version'], options, (_error, out, notes) => {
    timer.cancel();
    resolve(/\bversion is (\S+)/.exec(`${out}\n${notes}`)?.[1] ?? null);
  });
  return promise;
}

export type FolderLook =
  | {
      readonly kind: 'usable';
      readonly path: string;
      /** Names, in their order. */
      readonly models: readonly string[];
      /** Whether models can be pulled and deleted there. */
      readonly writable: boolean;
      /** Files of models that may not be read. */
      readonly closedFiles: number;
    }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Never throws. */
export async function lookAtFolder(models: string): Promise<FolderLook> {
  try {
    const path = await requireModelFolder(models);
    const manifests = join(path, 'manifests');
    const entries = await readdir(manifests, { recursive: true, withFileTypes: true }).catch(noneThere);
    const files = entries.length > 0 ? await filesInUse(path) : new Set<string>();
    const closed = await Promise.all(
      [...files].map((name) => isRefused(join(path, 'blobs', name), constants.R_OK)),
    );
    const unwritable = await Promise.all(
      [path, manifests, join(path, 'blobs')].map((each) => isRefused(each, constants.W_OK | constants.X_OK)),
    );
    return {
      kind: 'usable',
      path,
      models: entries
        .filter((entry) => entry.isFile())
        .map((entry) => nameOf(relative(manifests, join(entry.parentPath, entry.name)).split(sep)))
        .sort(),
      writable: !unwritable.includes(true),
      closedFiles: closed.filter(Boolean).length,
    };
  } catch (error) {
    return { kind: 'unusable', problem: messageOf(error) };
  }
}

/** registry.ollama.ai, library, llama3.2, 3b → `llama3.2:3b`. */
function nameOf(parts: readonly string[]): string {
  const [host, owner, ...rest] = parts;
  const usual = host === 'registry.ollama.ai' ? (owner === 'library' ? 2 : 1) : 0;
  const names = parts.slice(usual, -1);
  return `${names.join('/')}:${rest.at(-1) ?? ''}`;
}

function noneThere(error: unknown): never[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}

/** What is not there refuses nothing. */
async function isRefused(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => false,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  );
}
