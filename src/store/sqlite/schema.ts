/**
 * The tables. A job's row holds what the queue needs, so that rows stay small: what it asks for and what came out of it
 * are tables of their own. The sequence is the row's key, so a new job is written at the end of the table, and so are the
 * requests and most results.
 *
 * Every index on `jobs` is paid for by every job. These are the ones that earn it:
 * - `jobs_line`: the oldest claimable job of a bucket, whatever waits behind it. With a column of its own, instead of a WHERE
 *   on the status, it answers counts and the recount at the start without a look at the rows.
 * - `jobs_revision`: what changed since.
 * - `jobs_created`, `jobs_finished`, `jobs_urgency`: one for each order of lists, so that a page costs what is on it; retention.
 * The partial ones hold few rows: jobs that are active or went wrong, delayed ones, those with a deadline, those in batches.
 */
export const SCHEMA = `
CREATE TABLE servers (
  life INTEGER PRIMARY KEY,
  server_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE buckets (
  id INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  priority TEXT NOT NULL,
  client TEXT NOT NULL,
  UNIQUE (queue, priority, client)
) STRICT;

CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,
  bucket INTEGER NOT NULL REFERENCES buckets (id),
  -- The bucket while the job can be claimed from it, else NULL.
  line INTEGER,
  urgency INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  not_before INTEGER,
  failed_attempts INTEGER NOT NULL,
  owner INTEGER,
  backend TEXT,
  instance_id TEXT,
  failure TEXT,
  history TEXT,
  created_at INTEGER NOT NULL,
  deadline INTEGER,
  max_attempts INTEGER NOT NULL,
  kind TEXT NOT NULL,
  model_name TEXT NOT NULL,
  batch TEXT,
  labels TEXT,
  metadata TEXT,
  cancel_reason TEXT
) STRICT;

CREATE INDEX jobs_line ON jobs (line, sequence, created_at) WHERE line IS NOT NULL;
CREATE INDEX jobs_revision ON jobs (revision);
CREATE INDEX jobs_created ON jobs (created_at);
CREATE INDEX jobs_finished ON jobs (finished_at);
CREATE INDEX jobs_urgency ON jobs (urgency);
CREATE INDEX jobs_seldom ON jobs (status) WHERE status IN ('QUEUED', 'RUNNING', 'FAILED', 'CANCELLED');
CREATE INDEX jobs_delayed ON jobs (not_before) WHERE not_before IS NOT NULL;
CREATE INDEX jobs_deadline ON jobs (deadline) WHERE deadline IS NOT NULL AND status = 'PENDING';
CREATE INDEX jobs_batch ON jobs (batch) WHERE batch IS NOT NULL;

CREATE TABLE requests (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE results (sequence INTEGER PRIMARY KEY, output TEXT NOT NULL, result TEXT) STRICT;

CREATE TABLE job_labels (
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (key, value, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
  id TEXT PRIMARY KEY,
  name TEXT,
  client TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE job_blobs (
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (sequence, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_blobs_hash ON job_blobs (hash);

CREATE TABLE idempotency (
  client TEXT NOT NULL,
  key TEXT NOT NULL,
  input_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  batch TEXT,
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  PRIMARY KEY (client, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);

CREATE TABLE facts (
  space TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;

-- The last sequence and revision given out, from when the rows that had them were forgotten.
CREATE TABLE high_marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
