/** What the threads of PostgreSQL's store are started with. */
import type { StorePlace } from '../../config/store-place.ts';
import type { WriterSettings } from '../threads/protocol.ts';
import type { Connection } from './wire.ts';

export interface PostgresSettings extends WriterSettings {
  readonly place: StorePlace;
  readonly connection: Connection;
  /** Of a reader: see `ListLanes`. */
  readonly abandoned?: Int32Array;
}
