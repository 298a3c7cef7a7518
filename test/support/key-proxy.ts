/** What stands before an Ollama that is not for everybody: it lets nobody through without the right headers. */
import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KeyProxy extends AsyncDisposable {
  readonly url: string;
  /** What it lets through from now on. */
  wants(headers: Readonly<Record<string, string>>): void;
}

/** @param status of its refusals */
export async function keyProxy(
  target: string,
  headers: Readonly<Record<string, string>>,
  status = 401,
): Promise<KeyProxy> {
  let wanted = headers;
  const server = createServer((request, response) => {
    const isKnown = Object.entries(wanted).every(([name, value]) => request.headers[name] === value);
    if (!isKnown) {
      request.resume();
      response.writeHead(status, { 'www-authenticate': 'Bearer' }).end('<html>Authorization Required</html>');
      return;
    }
    const { hostname, port } = new URL(target);
    const onward = sendRequest(
      {
        hostname,
        port,
        path: request.url,
        method: request.method,
        headers: { ...request.headers, host: `${hostname}:${port}` },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    wants(headers) {
      wanted = headers;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
