/** A server that answers every request by a form alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from '../../../../src/ollama-api/exchange.ts';

export interface Answering extends AsyncDisposable {
  readonly url: string;
}

export async function answering(act: (exchange: Exchange) => void): Promise<Answering> {
  const server = createServer((request, response) => {
    request.resume();
    act({ request, response, beforeEnd: [] } as unknown as Exchange);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
