/** The command line of a virtual `ollama`: `serve` and `--version`. */
import { writeSync } from 'node:fs';
import { parseOllamaHost } from '../environment.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { Environment } from './devices.ts';
import { serve } from './serve.ts';

const STDOUT = 1;
const STDERR = 2;

/** What the server at `OLLAMA_HOST` is, or that there is none and what this program is. */
async function versionText(environment: Environment): Promise<string> {
  const own = environment.VIRTUAL_VERSION ?? DEFAULT_SETTINGS.version;
  const { host, port } = parseOllamaHost(environment.OLLAMA_HOST ?? '');
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const { get } = await import('node:http');
  const request = get({ host, port, path: '/api/version', agent: false }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('end', () => resolve(/"version":"([^"]*)"/.exec(body)?.[1]));
    response.on('error', () => resolve(undefined));
  });
  request.on('error', () => resolve(undefined));
  const running = await promise;
  if (running === undefined)
    return `Warning: could not connect to a running Ollama instance\nWarning: client version is ${own}\n`;
  const warning = running === own ? '' : `Warning: client version is ${own}\n`;
  return `ollama version is ${running}\n${warning}`;
}

function fail(message: string): void {
  writeSync(STDERR, `Error: ${message}\n`);
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
if (command === '--version' || command === '-v') writeSync(STDOUT, await versionText(process.env));
else if ((command === 'serve' || command === 'start') && rest.length === 0) {
  await serve(process.env).catch((error: unknown) =>
    fail(error instanceof Error ? error.message : String(error)),
  );
} else fail(`unknown command ${JSON.stringify([command, ...rest].join(' '))} for "ollama"`);
