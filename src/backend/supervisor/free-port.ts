/** Ports on 127.0.0.1 that nobody listens on. */
import { createServer } from 'node:net';

/** Free a moment ago; somebody else may take it before the program does. */
export function findFreePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('A listening socket has no port.'));
      });
    });
  });
}
