/** Which server the client commands talk to, and in whose name. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { ApiClient } from '../client/api-client.ts';
import { isLoopback } from '../domain/loopback.ts';
import { UsageError } from './exit.ts';
import type { Terminal } from './terminal/terminal.ts';

const DEFAULT_SERVER_URL = 'http://127.0.0.1:5001';

export interface ConnectionOptions {
  readonly server?: string;
  readonly client?: string;
  readonly key?: string;
}

/** The options that every client command has. */
export function withConnection(command: Command): Command {
  return command
    .option('--server <url>', `the server (default: VRAMKEEPER_URL, else ${DEFAULT_SERVER_URL})`)
    .option('--client <name>', 'who asks (default: VRAMKEEPER_CLIENT, else your user name on this machine)')
    .option('--key <key>', 'API key (default: VRAMKEEPER_KEY, where other users do not see it)');
}

/** Runs `use` with a connection that is closed afterwards, however it ends. */
export async function connected<T>(
  options: ConnectionOptions,
  terminal: Terminal,
  use: (api: ApiClient) => Promise<T>,
): Promise<T> {
  let lost = false;
  const url = serverUrl(options.server ?? process.env.VRAMKEEPER_URL);
  // Most of what the program has to load is for this, and not every command connects.
  const { ApiClient } = await import('../client/api-client.ts');
  const api = new ApiClient({
    url,
    client: options.client ?? (process.env.VRAMKEEPER_CLIENT || userName(url)),
    key: options.key ?? process.env.VRAMKEEPER_KEY,
    onLost: () => {
      if (!lost) terminal.note('The connection to the server is lost; trying again.');
      lost = true;
    },
    onRegained: () => {
      if (lost) terminal.note('Connected again.');
      lost = false;
    },
  });
  try {
    return await use(api);
  } finally {
    await api.close();
  }
}

/** @throws UsageError when it is no URL of a server. */
function serverUrl(text: string | undefined): string {
  if (!text?.trim()) return DEFAULT_SERVER_URL;
  const trimmed = text.trim().replace(/\/+$/, '');
  const url = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`"${text}" is not the address of a server. Write it like ${DEFAULT_SERVER_URL}.`);
  return url;
}

/** Who is logged in, as a client is named; undefined on other machines, where that says nothing, and for names that no header takes. */
function userName(url: string): string | undefined {
  if (!isLoopback(new URL(url).hostname)) return undefined;
  try {
    const { username } = userInfo();
    return /^[\x21-\x7e]{1,64}$/.test(username) ? username : undefined;
  } catch {
    // Containers run as users that have no name.
    return undefined;
  }
}
