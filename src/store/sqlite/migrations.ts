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

/** How many jobs of a batch have each status, kept with every change: a batch may have a hundred thousand. */
const BATCH_TALLIES = `
ALTER TABLE batches ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN queued INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN running INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
-- Of the failed ones, those that were not done by their deadline.
ALTER TABLE batches ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN last_finished_at INTEGER;
UPDATE batches SET
  (pending, queued, running, complete, failed, cancelled, overdue, last_finished_at) =
  (SELECT count(*) FILTER (WHERE status = 'PENDING'), count(*) FILTER (WHERE status = 'QUEUED'),
     count(*) FILTER (WHERE status = 'RUNNING'), count(*) FILTER (WHERE status = 'COMPLETE'),
     count(*) FILTER (WHERE status = 'FAILED'), count(*) FILTER (WHERE status = 'CANCELLED'),
     count(*) FILTER (WHERE status = 'FAILED' AND failure ->> '$.code' = 'DEADLINE_EXCEEDED'), max(finished_at)
   FROM jobs WHERE jobs.batch = batches.id);
-- Members of a batch in their order.
CREATE INDEX jobs_members ON jobs (batch) WHERE batch IS NOT NULL;
`;

/** Files of clients in chunks that are kept by their content, and batches of requests, whose records are JSON. */
const FILES_AND_REQUEST_BATCHES = `
CREATE TABLE files (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  client TEXT NOT NULL,
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  bytes INTEGER NOT NULL,
  is_ready INTEGER NOT NULL,
  -- Of what came out of a batch.
  batch TEXT,
  part TEXT
) STRICT;
CREATE INDEX files_client ON files (client);
CREATE INDEX files_purpose ON files (purpose, created_at);
CREATE INDEX files_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX files_batch ON files (batch) WHERE batch IS NOT NULL;

CREATE TABLE chunks (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE file_chunks (
  file INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (file, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_chunks_hash ON file_chunks (hash);

CREATE TABLE request_batches (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  api TEXT NOT NULL,
  client TEXT NOT NULL,
  ended_at INTEGER,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX request_batches_client ON request_batches (api, client);
CREATE INDEX request_batches_ended ON request_batches (ended_at);

CREATE TABLE refused_lines (
  batch TEXT NOT NULL,
  line INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (batch, line)
) STRICT, WITHOUT ROWID;
`;

/** 1 for a job that was cancelled as its caller left. */
const CALLERS_THAT_LEFT = `ALTER TABLE jobs ADD COLUMN caller_left INTEGER`;

/**
 * Who has each content: by jobs (and what else refers to it), or handed in by itself. The form of what is there already is told by how it
 * begins, as `kinds/images.ts` does.
 */
const IMAGES = `
CREATE TABLE images (
  hash TEXT NOT NULL,
  client TEXT NOT NULL,
  uses INTEGER NOT NULL,
  is_kept INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  unused_since INTEGER,
  PRIMARY KEY (hash, client)
) STRICT, WITHOUT ROWID;
CREATE INDEX images_kept ON images (client, bytes) WHERE is_kept = 1;
CREATE INDEX images_unused ON images (unused_since) WHERE unused_since IS NOT NULL;
INSERT INTO images
  SELECT used.hash, used.client, used.uses, 0, octet_length(blobs.bytes),
    CASE
      WHEN hex(substr(blobs.bytes, 1, 8)) = '89504E470D0A1A0A' THEN 'image/png'
      WHEN hex(substr(blobs.bytes, 1, 3)) = 'FFD8FF' THEN 'image/jpeg'
      WHEN hex(substr(blobs.bytes, 1, 4)) = '52494646' AND hex(substr(blobs.bytes, 9, 4)) = '57454250' THEN 'image/webp'
      WHEN hex(substr(blobs.bytes, 1, 6)) IN ('474946383761', '474946383961') THEN 'image/gif'
      WHEN hex(substr(blobs.bytes, 1, 2)) = '424D' AND octet_length(blobs.bytes) >= 26 THEN 'image/bmp'
      ELSE 'application/octet-stream'
    END, NULL
  FROM (
    SELECT hash, client, count(*) AS uses
    FROM job_blobs JOIN jobs USING (sequence) JOIN buckets ON buckets.id = jobs.bucket GROUP BY hash, client
  ) AS used JOIN blobs ON blobs.hash = used.hash;
DROP INDEX job_blobs_hash;
`;

/** Stays of models in memory. What has not gone has no `gone_at`; `interrupted` is 1 for what ended with a server. */
const RESIDENCIES = `
CREATE TABLE residencies (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  model_name TEXT NOT NULL,
  loading_at INTEGER NOT NULL,
  gone_at INTEGER,
  interrupted INTEGER,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX residencies_gone ON residencies (ifnull(gone_at, 9223372036854775807));
CREATE INDEX residencies_interrupted ON residencies (interrupted) WHERE interrupted IS NOT NULL;
`;

/** What is known of a batch beside its jobs, and which have all ended, by when the last one did. */
const KEPT_BATCHES = `
ALTER TABLE batches ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN metadata TEXT;
ALTER TABLE batches ADD COLUMN kind TEXT GENERATED ALWAYS AS
  (CASE WHEN json_type(metadata, '$.kind') = 'text' THEN metadata ->> '$.kind' END) VIRTUAL;
CREATE INDEX batches_client ON batches (client, id);
CREATE INDEX batches_kind ON batches (kind, id) WHERE kind IS NOT NULL;
CREATE INDEX batches_finished ON batches (last_finished_at) WHERE kept = 0;
`;

/** Figures of stretches of time, in milliseconds. */
const SAMPLES = `
CREATE TABLE samples (
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (step, at)
) STRICT;
`;

/** What was decided; and counters that outlive what they count, by what they are of. */
const DECISIONS = `
CREATE TABLE decisions (
  sequence INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,
  at INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_lane ON decisions (lane, sequence);
CREATE INDEX decisions_at ON decisions (at);
CREATE TABLE counters (
  space TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (space, name)
) STRICT, WITHOUT ROWID;
`;

/** Chats, and their messages as a tree; `is_open` is 1 for an answer whose job has not ended. */
const CHATS = `
CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  -- In small letters, as it is looked for.
  title TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX chats_client ON chats (client, updated_at, id);

CREATE TABLE chat_messages (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  chat TEXT NOT NULL,
  parent TEXT,
  job TEXT,
  is_open INTEGER,
  record TEXT NOT NULL
) STRICT;
CREATE INDEX chat_messages_place ON chat_messages (chat, parent);
CREATE INDEX chat_messages_parent ON chat_messages (parent);
CREATE INDEX chat_messages_job ON chat_messages (job) WHERE job IS NOT NULL;
CREATE INDEX chat_messages_open ON chat_messages (chat) WHERE is_open = 1;
`;

/** What the kept images of each client take, and those of all, whose row has the empty name: each counts at least 4 KiB. */
const IMAGE_SUMS = `
CREATE TABLE image_sums (client TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO image_sums SELECT client, sum(max(bytes, 4096)) FROM images WHERE is_kept = 1 GROUP BY client;
INSERT INTO image_sums SELECT '', sum(bytes) FROM image_sums HAVING count(*) > 0;
DROP INDEX images_kept;
`;

/** The task that a job was submitted for; NULL for none. */
const TASKS = `ALTER TABLE jobs ADD COLUMN task TEXT`;

/** JSON of how a job came to its end. */
const COURSES = `ALTER TABLE results ADD COLUMN course TEXT`;

/** JSON of the models that may do a job in place of each other; NULL where one alone does. */
const FALLBACKS = `
ALTER TABLE jobs ADD COLUMN fallback TEXT;
CREATE INDEX jobs_fallback ON jobs (sequence) WHERE fallback IS NOT NULL AND status = 'PENDING';
`;

/** What jobs ask, where their answers may be shared, and whose answer one has or waits for. */
const SHARED_ANSWERS = `
ALTER TABLE jobs ADD COLUMN cache_key TEXT;
ALTER TABLE jobs ADD COLUMN answered_by TEXT;
CREATE INDEX jobs_cache ON jobs (cache_key, sequence) WHERE cache_key IS NOT NULL;
`;

/** Step n leads from version n to n + 1. Never edit one that was released: append. */
const MIGRATIONS: readonly string[] = [
  SCHEMA,
  LARGE_RESULTS,
  BUCKETS_THAT_GO,
  BATCHES_AS_A_WHOLE,
  LIVE_JOBS,
  BATCH_TALLIES,
  FILES_AND_REQUEST_BATCHES,
  CALLERS_THAT_LEFT,
  IMAGES,
  RESIDENCIES,
  KEPT_BATCHES,
  SAMPLES,
  DECISIONS,
  CHATS,
  IMAGE_SUMS,
  TASKS,
  COURSES,
  FALLBACKS,
  SHARED_ANSWERS,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** @returns the version of the schema; 0 of an empty database @throws StoreUnusableError for a newer one */
export function checkVersion(database: DatabaseSync, path: string): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new StoreUnusableError(
      `${path} was written by a newer vramkeeper (schema ${version}, this one knows ${SCHEMA_VERSION}). ` +
        'Run that version, or choose another data directory.',
    );
  }
  return version;
}

export function migrate(database: DatabaseSync, path: string): void {
  const version = checkVersion(database, path);
  for (const [from, step] of MIGRATIONS.entries()) {
    if (from < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${from + 1}; COMMIT`);
  }
}
