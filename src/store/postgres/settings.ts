/** What the threads of PostgreSQL's store are started with. */
import type { MessagePort } from 'node:worker_threads';
import type { StorePlace } from '../../config/store-place.ts';
import type { WriterSettings } from '../threads/protocol.ts';

export interface PostgresSettings extends WriterSettings {
  readonly place: StorePlace;
  readonly port: MessagePort;
  /** See `Wire`. */
  readonly answered: Int32Array;
  /** Of a reader: see `ListLanes`. */
  readonly abandoned?: Int32Array;
}
