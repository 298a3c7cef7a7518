/** Sends what is made piece by piece, as fast as it is taken. */
import { once } from 'node:events';
import type { Exchange } from '../../ollama-api/exchange.ts';

export async function sendPieces(
  { request, response, signal }: Exchange,
  headers: Readonly<Record<string, string | number>>,
  pieces: AsyncIterable<Uint8Array | string>,
): Promise<void> {
  if (request.method === 'HEAD') {
    response.writeHead(200, headers);
    response.end();
    return;
  }
  try {
    for await (const piece of pieces) {
      if (signal.aborted) return;
      // Only now, so that a failure before the first piece has its status.
      if (!response.headersSent) response.writeHead(200, headers);
      if (!response.write(piece)) await once(response, 'drain', { signal });
    }
  } catch (error) {
    // Half of it must not look like all of it.
    if (response.headersSent) response.destroy();
    throw error;
  }
  if (!response.headersSent) response.writeHead(200, headers);
  response.end();
}
