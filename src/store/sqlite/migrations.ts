/** Brings a database file up to this version's schema, one numbered step at a time, each in a transaction of its own. */
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnusableError } from '../../domain/errors.ts';
import { SCHEMA } from './schema.ts';

/** Step n leads from version n to n + 1. Never edit one that was released: append. */
const MIGRATIONS: readonly string[] = [SCHEMA];

export const SCHEMA_VERSION = MIGRATIONS.length;

export function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new StoreUnusableError(
      `${path} was written by a newer vramkeeper (schema ${version}, this one knows ${SCHEMA_VERSION}). ` +
        'Run that version, or choose another data directory.',
    );
  }
  for (const [from, step] of MIGRATIONS.entries()) {
    if (from < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${from + 1}; COMMIT`);
  }
}
