/** What can be said of a command before it is started: whether its program is there, and its files. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { CommandModelConfig } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import { formatBytes } from '../../domain/units.ts';
import { ggufPaths, lookAtFiles, ModelFileError } from './model-files.ts';

export interface CommandLook {
  /** Whether it could be started. */
  readonly isUsable: boolean;
  /** For people. */
  readonly text: string;
}

/** @param env what the process gets and this server has, for the PATH. Never throws. */
export async function lookAtCommand(
  name: string,
  config: CommandModelConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CommandLook> {
  const [program = ''] = config.command;
  const cwd = config.cwd ?? '/';
  const problem = (text: string): CommandLook => ({ isUsable: false, text: `${name}: ${text}` });
  if (!(await isFolder(cwd))) return problem(`there is no folder ${cwd}. Correct its cwd.`);
  const path = await findProgram(program, cwd, config.env.PATH ?? env.PATH);
  if (path === null)
    return problem(
      program.includes('/')
        ? `there is no program ${program} that this user may execute. Install it, or correct its command.`
        : `there is no program "${program}" on the PATH. Install it, or write its whole path.`,
    );
  try {
    const paths = ggufPaths(config.command, cwd);
    if (paths.length === 0) return { isUsable: true, text: `${name}: ${path}${memoryText(config)}` };
    const { diskBytes, facts } = await lookAtFiles(paths);
    const told = facts ? `${facts.architecture}, ${formatBytes(diskBytes)}` : formatBytes(diskBytes);
    return { isUsable: true, text: `${name}: ${path} with ${paths[0]} (${told})` };
  } catch (error) {
    if (error instanceof ModelFileError) return problem(messageOf(error));
    throw error;
  }
}

function memoryText({ vramBytes }: CommandModelConfig): string {
  return vramBytes === null
    ? '; it names no GGUF file, and no vram, so its first load is planned as if it took nothing. Write vram.'
    : `, vram ${formatBytes(vramBytes)}`;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

async function findProgram(
  program: string,
  cwd: string,
  searchPath: string | undefined,
): Promise<string | null> {
  const candidates = program.includes('/')
    ? [resolve(cwd, program)]
    : (searchPath ?? '')
        .split(delimiter)
        .filter(isAbsolute)
        .map((folder) => join(folder, program));
  for (const path of candidates) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && !(await isFolder(path))) return path;
  }
  return null;
}
