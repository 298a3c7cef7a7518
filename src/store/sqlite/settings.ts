/** What the threads of SQLite's store are started with. */
import type { WriterSettings } from '../threads/protocol.ts';

export interface SqliteSettings extends WriterSettings {
  readonly dataDir: string;
  /** See `Patience`; the writer has none. */
  readonly abandoned?: Int32Array;
}
