/** The program: hands the command line over and ends as it says. */
import { readFile } from 'node:fs/promises';
import { runCommand } from './cli/program.ts';
import { systemTerminal } from './cli/terminal/terminal.ts';

// Started by a launcher on an older Node: without it nobody would end this process.
if (process.channel) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';

const exitCode = await runCommand(process.argv.slice(2), version, systemTerminal());
// Ends now, whatever a library may still hold open: the command has ended all that is ours.
process.exit(exitCode);
