/** A way to a server that can be cut, and that remembers what went through it to the server. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class CuttableWay implements AsyncDisposable {
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets: Set<Socket>;
  readonly #sent: Buffer[];

  private constructor(server: ReturnType<typeof createServer>, sockets: Set<Socket>, sent: Buffer[]) {
    this.#server = server;
    this.#sockets = sockets;
    this.#sent = sent;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async to(url: string): Promise<CuttableWay> {
    const { hostname, port } = new URL(url);
    const sockets = new Set<Socket>();
    const sent: Buffer[] = [];
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
      near.on('data', (part: Buffer) => sent.push(part));
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    return new CuttableWay(server, sockets, sent);
  }

  get requests(): string {
    return Buffer.concat(this.#sent).toString('latin1');
  }

  /** Every connection there is; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }
}
