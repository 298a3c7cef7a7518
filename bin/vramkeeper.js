#!/usr/bin/env node
/**
 * Starts vramkeeper under a Node that can run it. Plain JavaScript for any Node from 18 on: a process that is too old starts
 * the bundled one and stands between it and the terminal; a new enough one runs the program itself.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledNode, enableCompileCache, isNewEnough, withCompileCache } from './bundled-node.js';

const INSTALL_AGAIN =
  'The Node that comes with it is not installed: run the install again without --ignore-scripts or --omit=optional (npm 12 and later: npm approve-scripts node), or use a newer Node.';
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout has the sources and runs them as they are; the package has what was made of them.
const source = join(root, 'src', 'main.ts');
const program = existsSync(source) ? source : join(root, 'dist', 'main.js');

if (isNewEnough(process.versions.node)) {
  process.argv[1] = program;
  enableCompileCache();
  await import(pathToFileURL(program).href);
} else {
  runUnder(bundledNode('vramkeeper', INSTALL_AGAIN));
}

function runUnder(node) {
  // The channel carries nothing: its end tells the program that this process was killed.
  const child = spawn(node, [program, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: withCompileCache(),
  });
  // What is sent to this process alone has to reach the program. A terminal tells both: the program takes the echo for one.
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`The bundled Node ${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ends as the child ended, so that a shell sees the same.
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}
