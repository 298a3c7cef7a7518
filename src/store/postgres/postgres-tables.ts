/** The rows of the queue in PostgreSQL: those that a group is going to ask for are read with its beginning. */
import type { CallOf, Operations } from '../operation.ts';
import type { Lease } from '../sql/lease.ts';
import { SqlTables } from '../sql/sql-tables.ts';
import type { PostgresStatements } from './statements.ts';
import type { Foresight } from './transaction.ts';

export class PostgresTables extends SqlTables implements Foresight {
  readonly #statements: PostgresStatements;
  #isHeld = false;

  constructor(statements: PostgresStatements, lease: Lease) {
    super(statements, lease);
    this.#statements = statements;
  }

  begin(_calls: readonly CallOf<Operations>[]): number {
    const held = { sql: 'SELECT 1 FROM servers WHERE life = ?', values: [this.lease.life] };
    const { connection, answers } = this.#statements.begin('BEGIN', [held]);
    this.#isHeld = answers[0]?.length === 1;
    return connection;
  }

  override isHeld(): boolean {
    return this.#isHeld;
  }
}
