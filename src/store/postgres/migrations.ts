/**
 * Brings a schema of PostgreSQL up to this version's tables, one numbered step at a time. Steps only add, so that servers of the version before
 * can work with what a newer one has made: `compatible_from` says which version of the tables a server must know to do so.
 */
import { StoreUnusableError } from '../../domain/errors.ts';
import { numberAt } from '../sql/statements.ts';
import { SCHEMA } from './schema.ts';
import type { PostgresStatements } from './statements.ts';

/** JSON of the models that may do a job in place of each other; NULL where one alone does. */
const FALLBACKS = `
ALTER TABLE jobs ADD COLUMN fallback text COLLATE "C";
CREATE INDEX jobs_fallback ON jobs (sequence) WHERE fallback IS NOT NULL AND status = 'PENDING';
`;

/** What jobs ask, where their answers may be shared, and whose answer one has or waits for. */
const SHARED_ANSWERS = `
ALTER TABLE jobs ADD COLUMN cache_key text COLLATE "C";
ALTER TABLE jobs ADD COLUMN answered_by text COLLATE "C";
CREATE INDEX jobs_cache ON jobs (cache_key, sequence) WHERE cache_key IS NOT NULL;
`;

/** Step n leads from version n to n + 1. Never edit one that was released: append. */
export const MIGRATIONS: readonly string[] = [SCHEMA, FALLBACKS, SHARED_ANSWERS];

/** The oldest version whose servers can work with the newest tables. */
const COMPATIBLE_FROM = 1;

/** In a transaction of the caller's, which nobody else migrates in at the same time. */
export function migrate(statements: PostgresStatements, place: string): void {
  statements.run(`CREATE TABLE IF NOT EXISTS schema_version (
    only_row integer PRIMARY KEY CHECK (only_row = 1), version integer NOT NULL, compatible_from integer NOT NULL)`);
  const row = statements.row('SELECT version, compatible_from FROM schema_version');
  const version = numberAt(row, 0);
  if (numberAt(row, 1) > MIGRATIONS.length)
    throw new StoreUnusableError(
      `${place} was written by a newer vramkeeper (schema ${version}, this one knows ${MIGRATIONS.length}). Run that version, or choose another schema.`,
    );
  if (version >= MIGRATIONS.length) return;
  for (const step of MIGRATIONS.slice(version)) statements.run(step);
  statements.run(
    `INSERT INTO schema_version VALUES (1, ?, ?)
     ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, compatible_from = excluded.compatible_from`,
    MIGRATIONS.length,
    COMPATIBLE_FROM,
  );
}
