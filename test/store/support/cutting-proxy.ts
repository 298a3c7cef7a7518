/** Stands between a store and its PostgreSQL, and cuts the connection of the writer where a test wants it to. */
import { mkdtempSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endsWithTest } from '../../support/ends-with-test.ts';

export type Direction = 'to the server' | 'to the store';

/** Only the writer asks for it: see `connections.ts`. */
const WRITERS_OWN = 'enable_seqscan';

export class CuttingProxy {
  readonly folder = mkdtempSync(join(tmpdir(), 'cut-'));
  #direction: Direction | null = null;
  #left = 0;
  #isClosed = false;
  #isSilent = false;
  cuts = 0;

  /** @param folder of the socket of PostgreSQL */
  static async before(folder: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy();
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      if (proxy.#isClosed || proxy.#isSilent) return client.destroy();
      const behind = createConnection(join(folder, '.s.PGSQL.5432'));
      let isWriter = false;
      const relay = (from: Socket, to: Socket, direction: Direction) => {
        sockets.add(from);
        from.on('data', (chunk) => {
          if (proxy.#isSilent) return;
          isWriter ||= chunk.includes(WRITERS_OWN);
          if (isWriter && proxy.#isTime(direction)) {
            client.destroy();
            behind.destroy();
          } else to.write(chunk);
        });
        from.on('error', () => {});
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      };
      relay(client, behind, 'to the server');
      relay(behind, client, 'to the store');
    });
    await new Promise<void>((resolve) => server.listen(join(proxy.folder, '.s.PGSQL.5432'), resolve));
    endsWithTest(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return proxy;
  }

  /** What comes as the `count`th from now on in this direction does not arrive, and neither does anything after it. */
  cutAt(direction: Direction, count: number): void {
    this.#direction = direction;
    this.#left = count;
  }

  /** Nobody comes through, and who is there is cut off with the next thing that it says. */
  close(): void {
    this.#isClosed = true;
    this.cutAt('to the server', 1);
  }

  open(): void {
    this.#isClosed = false;
  }

  /** As a machine that has lost its power: no open connection brings anything or ends, and there are no new ones. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  goOn(): void {
    this.#direction = null;
    this.#isSilent = false;
  }

  #isTime(direction: Direction): boolean {
    if (direction !== this.#direction) return false;
    this.#left -= 1;
    if (this.#left > 0) return false;
    this.#direction = null;
    this.cuts += 1;
    return true;
  }
}
