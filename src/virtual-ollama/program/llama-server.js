/**
 * The engine of a virtual Ollama: a process to be there, to be stopped and to be killed. It sends back what it is sent, so that whoever
 * started it hears whether it still runs, and stays when that is gone, as the real one does. Plain JavaScript without a package, because
 * one is started for every load. `--list-devices` ends at once, or never with `--hang`.
 */
import process from 'node:process';

const args = process.argv.slice(2);
if (args.includes('--list-devices') && !args.includes('--hang')) process.exit(0);

// Nobody may be left to read.
process.stdout.on('error', () => {});
process.stdin.on('error', () => {});
process.stdin.on('data', (bytes) => process.stdout.write(bytes));

const LONG_MS = 2 ** 30;
setInterval(() => {}, LONG_MS);
