/** The WebSocket that subscriptions run over: opened again when it is lost, given up at once where that is in vain. */
import type { IncomingMessage } from 'node:http';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { VramkeeperError } from '../domain/errors.ts';
import { KeyRefusedError } from './errors.ts';
import { errorOf, mayPass } from './foreign-answer.ts';

const LARGEST_REFUSAL_BYTES = 4_096;
/** Its close codes for a caller whom it does not let in. */
const REFUSALS: readonly number[] = [4401, 4403];
/** About two minutes of trying, by the library's own backoff. */
const RETRIES = 8;

export interface SocketClientOptions {
  /** Of the server, for people. */
  readonly serverUrl: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasKey: boolean;
  /** Whether the server has ever answered: one that was never there is not lost. */
  readonly isKnown: () => boolean;
  readonly onConnected: () => void;
  readonly onLost: () => void;
  readonly onRegained: () => void;
}

export interface SocketClient {
  readonly client: Client;
  /** Why the server does not take the socket, and will not; null when nothing says so. */
  readonly refusal: () => VramkeeperError | null;
}

export function socketClient(options: SocketClientOptions): SocketClient {
  const { serverUrl, url, headers, hasKey, isKnown, onConnected, onLost, onRegained } = options;
  let refusal: VramkeeperError | null = null;
  // graphql-ws has no other way to give a socket headers.
  class SocketWithHeaders extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
      this.once('unexpected-response', (_request, response: IncomingMessage) => {
        void readStart(response).then((text) => {
          const status = response.statusCode ?? 0;
          const contentType = response.headers['content-type'] ?? '';
          if (!mayPass(status)) refusal = errorOf({ url: serverUrl, status, contentType, text }, hasKey);
          this.terminate();
        });
      });
    }
  }
  const client = createClient({
    url,
    webSocketImpl: SocketWithHeaders,
    retryAttempts: RETRIES,
    shouldRetry: () => refusal === null && isKnown(),
    on: {
      connected: (_socket, _payload, wasRetry) => {
        onConnected();
        if (wasRetry) onRegained();
      },
      closed: (event) => {
        const code = event instanceof Object && 'code' in event ? event.code : null;
        if (REFUSALS.includes(Number(code))) refusal = new KeyRefusedError(serverUrl, hasKey);
        // 1000 is our own goodbye.
        if (code !== 1000 && refusal === null && isKnown()) onLost();
      },
    },
  });
  return { client, refusal: () => refusal };
}

async function readStart(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= LARGEST_REFUSAL_BYTES) break;
    }
  } catch {
    // What came of it is enough.
  }
  return Buffer.concat(parts).toString('utf8');
}
