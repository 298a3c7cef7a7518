/** For the programs beside this file: runs one under a Node that can. Plain JavaScript for any Node from 18 on. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST = [24, 19];
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs `src/<name>.ts` of a checkout, or what was made of it in the package. */
export async function runProgram(name) {
  const source = join(root, 'src', `${name}.ts`);
  const program = existsSync(source) ? source : join(root, 'dist', `${name}.js`);
  if (isNewEnough(process.versions.node)) {
    const { enableCompileCache } = await import('node:module');
    enableCompileCache?.();
    await import(pathToFileURL(program).href);
  } else runUnder(bundledNode(), program);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function bundledNode() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve('node/package.json');
    const { bin } = require(manifest);
    const binary = join(dirname(manifest), typeof bin === 'string' ? bin : bin.node);
    if (existsSync(binary)) return binary;
  } catch {
    // Not installed: the message below says what to do.
  }
  process.stderr.write(
    `This needs Node ${OLDEST.join('.')} or newer, and this is ${process.versions.node}. Install the package \`node\` beside it, or use a newer Node.\n`,
  );
  process.exit(1);
}

/** The old Node stands between the caller and the program, in one process group with it. */
function runUnder(node, program) {
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`The bundled Node ${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
  });
}
