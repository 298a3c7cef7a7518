/** Listens where programs look for an Ollama. */
import { askOllama } from '../backend/ollama/answer.ts';
import type { Clock } from '../clock.ts';
import { ollamaUrl } from '../config/ollama-host.ts';
import { VramkeeperError } from '../domain/errors.ts';
import type { HttpServer } from '../http/http-server.ts';
import { PortInUseError } from '../http/listen-errors.ts';

/** How to make room, as part of a sentence. */
export const END_OLLAMA =
  'end it for good (a service: sudo systemctl disable --now ollama; a container: docker rm -f its name; the application on a Mac: quit it, and take it out of the login items)';

/** Nobody can take over the port of an Ollama that runs. */
export class OllamaInPlaceError extends VramkeeperError {
  readonly code = 'PORT_IN_USE';

  constructor(url: string, version: string, options: { readonly cause: unknown }) {
    super(
      `ollamaPort: an Ollama (${version}), or another vramkeeper in its place, answers at ${url} already. To take its place, ${END_OLLAMA}, ` +
        'and start this server with --managed, so that Ollama runs behind it. To leave it there, leave out --ollama-port.',
      options,
    );
  }
}

/** @throws as `HttpServer.start`, or OllamaInPlaceError */
export async function listenInPlaceOfOllama(
  server: HttpServer,
  { host, port }: { readonly host: string; readonly port: number },
  clock: Clock,
): Promise<void> {
  try {
    await server.start();
  } catch (error) {
    if (!(error instanceof PortInUseError)) throw error;
    const url = ollamaPortUrl(host, port);
    const answer = await askOllama({ url }, clock);
    throw answer.kind === 'answers' ? new OllamaInPlaceError(url, answer.version, { cause: error }) : error;
  }
}

/** Where a program of this machine finds it. */
export function ollamaPortUrl(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, '');
  return ollamaUrl(bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`);
}
