/** Opens a schema for the one server that works on it: looked at, owned, and brought up to date. */
import type { StorePlace } from '../../config/store-place.ts';
import { StoreUnusableError, StoreUnwritableError } from '../../domain/errors.ts';
import { checkEncryption, checkServer, QUESTION } from './check-server.ts';
import { migrate } from './migrations.ts';
import { takeOwnership } from './owner.ts';
import { PostgresStatements } from './statements.ts';
import { type Connection, Wire } from './wire.ts';

export interface OpenSchema {
  /** In a transaction. */
  readonly statements: PostgresStatements;
  /** The number of the connection that owns the schema, and its backend. */
  readonly connection: number;
  readonly backend: number;
}

/** @throws StoreUnusableError, DataDirectoryInUseError */
export function openSchema(place: StorePlace, own: Connection): OpenSchema {
  const statements = new PostgresStatements(new Wire(own), place);
  try {
    checkEncryption(place);
    const { hasSchema } = checkServer(place, statements.row(QUESTION, place.schema) ?? []);
    if (!hasSchema) statements.run(`CREATE SCHEMA IF NOT EXISTS "${place.schema}"`);
    statements.flush();
    const { connection } = statements.begin('BEGIN', []);
    const backend = takeOwnership(statements, place, null);
    migrate(statements, place.shown);
    return { statements, connection, backend };
  } catch (error) {
    statements.close();
    // There is no server yet whose writes could be tried again.
    if (error instanceof StoreUnwritableError)
      throw new StoreUnusableError(error.message.replace(': it is tried again', ''), { cause: error });
    throw error;
  }
}
