/** Runs a program under another Node than the one that was called. Plain JavaScript for any Node from 18 on. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { withCompileCache } from './bundled-node.js';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** The old Node stands between the caller and the program, in one process group with it. */
export function runUnder(node, program) {
  const child = spawn(node, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: withCompileCache(),
  });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`The bundled Node ${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
  });
}
