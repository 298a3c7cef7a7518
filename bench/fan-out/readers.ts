/** A process of its own that only reads: opens WebSockets, counts what comes, and says over IPC when it has as much as it was told to expect. */
import { WebSocket } from 'ws';

interface Order {
  readonly url: string;
  readonly sockets: number;
  /** Sent on each socket, one by one; each but the last is answered with a message. */
  readonly say: readonly string[];
}

let expected = Number.POSITIVE_INFINITY;
let count = 0;
let bytes = 0;
const sockets: WebSocket[] = [];

function arrived(size: number): void {
  count += 1;
  bytes += size;
  if (count === expected) process.send?.({ done: true, bytes });
}

async function open({ url, say }: Order): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  sockets.push(socket);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  for (const [index, message] of say.entries()) {
    socket.send(message);
    if (index < say.length - 1) await new Promise((resolve) => socket.once('message', resolve));
  }
  socket.on('message', (data: Buffer) => arrived(data.length));
}

process.on('message', async (message: Order | { readonly expect: number }) => {
  if ('expect' in message) {
    expected = message.expect;
    count = 0;
    bytes = 0;
    process.send?.({ ready: true });
    return;
  }
  for (const socket of sockets.splice(0)) socket.terminate();
  for (let from = 0; from < message.sockets; from += 50) {
    await Promise.all(Array.from({ length: Math.min(50, message.sockets - from) }, () => open(message)));
  }
  process.send?.({ open: true });
});
