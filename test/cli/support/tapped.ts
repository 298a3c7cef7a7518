/** A way to a server on which a test hears what is asked. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Tapped extends AsyncDisposable {
  readonly url: string;
  /** All that callers have sent so far. */
  sent(): string;
}

export async function tapped(target: string): Promise<Tapped> {
  const sockets = new Set<Socket>();
  let sent = '';
  const server = createServer((caller) => {
    const onward = connect(Number(new URL(target).port), '127.0.0.1');
    for (const socket of [caller, onward]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    caller.on('data', (part) => {
      sent += part;
    });
    caller.pipe(onward).pipe(caller);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
