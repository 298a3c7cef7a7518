/** For the programs beside this file: runs one under a Node that can. Plain JavaScript for any Node from 18 on. */
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST = [24, 19];
export const OLDEST_NODE = OLDEST.join('.');

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs `src/<name>.ts` of a checkout, or what was made of it in the package. */
export async function runProgram(name) {
  const source = join(root, 'src', `${name}.ts`);
  const program = existsSync(source) ? source : join(root, 'dist', `${name}.js`);
  if (isNewEnough(process.versions.node)) {
    enableCompileCache();
    await import(pathToFileURL(program).href);
  } else {
    // Only here: a program that is started anew for every question should start fast.
    const { runUnder } = await import('./under-bundled-node.js');
    runUnder(bundledNode('This', 'Install the package `node` beside it, or use a newer Node.'), program);
  }
}

/** For this process and its threads, which take it from the environment: they load a hundred files at each start of a server. */
export function enableCompileCache() {
  const cache = nodeModule.enableCompileCache?.();
  if (cache?.directory) process.env.NODE_COMPILE_CACHE ??= cache.directory;
}

/** The environment of a Node that is to have the same cache. */
export function withCompileCache() {
  return { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env };
}

export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The binary of the npm package `node`, wherever the package manager has put it. Ends the process with `advice` where there is none. */
export function bundledNode(who, advice) {
  const require = nodeModule.createRequire(import.meta.url);
  try {
    const manifest = require.resolve('node/package.json');
    const { bin } = require(manifest);
    const binary = join(dirname(manifest), typeof bin === 'string' ? bin : bin.node);
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed: the message below says what to do.
  }
  process.stderr.write(
    `${who} needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}. ${advice}\n`,
  );
  process.exit(1);
}
