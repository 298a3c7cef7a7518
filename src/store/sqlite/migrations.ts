/** Brings a database file up to this version's schema, one numbered step at a time, each in a transaction of its own. */
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnusableError } from '../../domain/errors.ts';
import { SCHEMA } from './schema.ts';

/**
 * What is large in a result lies beside it: the record of the backend in a column of its own, vectors in pieces. `piece` counts
 * the pieces of a job, `first` the vectors before it. Results of the version before are taken apart as they were written.
 */
const LARGE_RESULTS = `
ALTER TABLE results ADD COLUMN raw TEXT;
CREATE TABLE vectors (
  sequence INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (sequence, piece)
) STRICT;

INSERT INTO vectors
  SELECT sequence, key / 64, min(key), count(*), CAST(group_concat(value, ',' ORDER BY key) AS BLOB)
  FROM results, json_each(result, '$.embeddings')
  WHERE result IS NOT NULL GROUP BY sequence, key / 64;

UPDATE results SET raw = result -> '$.raw', result = json_remove(result, '$.raw') WHERE result IS NOT NULL;
UPDATE results SET result = json_remove(json_set(result,
    '$.count', json_array_length(result, '$.embeddings'),
    '$.dimensions', json_array_length(result, '$.embeddings[0]'),
    '$.bytes', (SELECT sum(length(bytes)) FROM vectors WHERE vectors.sequence = results.sequence)
  ), '$.embeddings')
  WHERE result ->> '$.kind' = 'embed';
`;

/**
 * Buckets by model, so that a filter names no list of them, and jobs by bucket, so that a bucket whose last job was forgotten can
 * go: clients choose their names, and a bucket for each one that ever was would stay for good.
 */
const BUCKETS_THAT_GO = `
ALTER TABLE buckets ADD COLUMN model TEXT GENERATED ALWAYS AS
  (CASE instr(queue, '#') WHEN 0 THEN queue ELSE substr(queue, 1, instr(queue, '#') - 1) END) VIRTUAL;
CREATE INDEX buckets_model ON buckets (model);
CREATE INDEX buckets_client ON buckets (client);
CREATE INDEX jobs_bucket ON jobs (bucket);
DELETE FROM buckets WHERE id < (SELECT max(id) FROM buckets) AND id NOT IN (SELECT bucket FROM jobs);
`;

/** Members of a batch by when they ended, those that have not after all others: a batch is forgotten as a whole. */
const BATCHES_AS_A_WHOLE = `
DROP INDEX jobs_batch;
CREATE INDEX jobs_batch ON jobs (batch, ifnull(finished_at, 9223372036854775807)) WHERE batch IS NOT NULL;
`;

/** The life of the server on whose connection a job's caller waits, until the job ends; NULL for all others. */
const LIVE_JOBS = `
ALTER TABLE jobs ADD COLUMN live INTEGER;
CREATE INDEX jobs_live ON jobs (live) WHERE live IS NOT NULL;
`;

/** Step n leads from version n to n + 1. Never edit one that was released: append. */
const MIGRATIONS: readonly string[] = [SCHEMA, LARGE_RESULTS, BUCKETS_THAT_GO, BATCHES_AS_A_WHOLE, LIVE_JOBS];

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
