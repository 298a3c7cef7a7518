/** The `ollama` program: where it is, whether it can be run, and which one it is. */

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { isOlderThan } from '../../domain/version.ts';
import { systemCode, unusable } from '../cells/failures.ts';

export interface Program {
  /** Absolute. */
  readonly path: string;
  /** Differs when another file took its place, as an upgrade does. */
  readonly stamp: string;
}

/**
 * @param binary a path, or a name that is looked up on `searchPath`.
 * @throws BackendError that says what to do
 */
export async function findProgram(binary: string, searchPath: string | undefined): Promise<Program> {
  if (binary.includes('/')) return judged(binary);
  for (const folder of (searchPath ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(folder, binary);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && (await stat(path)).isFile()) return judged(path);
  }
  throw unusable(
    `There is no program "${binary}" on the PATH. Install Ollama (https://ollama.com/download), or name it by managed.binary.`,
  );
}

async function judged(path: string): Promise<Program> {
  try {
    const file = await stat(path);
    if (!file.isFile()) throw unusable(`${path} is not a program. Correct managed.binary.`);
    await access(path, constants.X_OK);
    return { path, stamp: `${file.dev}:${file.ino}:${file.size}:${Math.round(file.mtimeMs)}` };
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw unusable(`There is no program ${path}. Install Ollama, or correct managed.binary.`, error);
      case 'EACCES':
        throw unusable(
          `${path} may not be executed by this user. Make it executable (\`chmod +x\`), or correct managed.binary.`,
          error,
        );
      default:
        throw error;
    }
  }
}

/** The oldest version whose behaviour as a cell is known. */
const OLDEST = '0.24.0';

/** @throws BackendError for a version that is too old to be a cell */
export function requireVersion(version: string): void {
  if (!isOlderThan(version, OLDEST)) return;
  throw unusable(
    `Ollama ${version} is too old to be managed: ${OLDEST} or newer is needed. Update it, or run it yourself and give its url.`,
  );
}
