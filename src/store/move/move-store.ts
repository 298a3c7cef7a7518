/** Moves all that a store holds to another place, while no server works on either. */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StorePlace } from '../../config/store-place.ts';
import { Connections } from '../postgres/connections.ts';
import { errorOf } from '../threads/failures.ts';
import type { End, Move, Moved } from './mover.ts';

/** A folder, or a place in PostgreSQL. */
export type StoreEnd = { readonly dataDir: string } | { readonly place: StorePlace };

/**
 * What was there before stays as it is, with a note that nothing is to be done with it any more.
 * @returns how many rows each table has. @throws VramkeeperError
 */
export async function moveStore(from: StoreEnd, to: StoreEnd): Promise<Readonly<Record<string, number>>> {
  const opened: Connections[] = [];
  const endOf = (end: StoreEnd): End => {
    if ('dataDir' in end) return { kind: 'folder', path: end.dataDir };
    const connections = new Connections(end.place);
    opened.push(connections);
    return { kind: 'postgres', place: end.place, connection: connections.make('writer') };
  };
  const workerData: Move = { from: endOf(from), to: endOf(to) };
  const ports = [workerData.from, workerData.to].flatMap((end) =>
    end.kind === 'postgres' ? [end.connection.port] : [],
  );
  const program = new URL(`./mover${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(program, { workerData, transferList: ports, name: 'store-mover' });
  try {
    const [moved] = (await once(worker, 'message')) as [Moved];
    if (moved.ok) return moved.rows;
    throw errorOf(moved.failure);
  } finally {
    await worker.terminate();
    await Promise.all(opened.map((connections) => connections.close()));
  }
}
