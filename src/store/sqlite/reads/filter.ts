/** A filter of jobs as a condition on `jobs`. */
import type { SQLInputValue } from 'node:sqlite';
import type { JobFilter } from '../../../domain/job-filter.ts';
import { append } from '../../../domain/long-lists.ts';

export interface Condition {
  /** Terms to be joined by AND. */
  readonly terms: readonly string[];
  readonly values: readonly SQLInputValue[];
}

/** The statuses that `jobs_seldom` holds, spelled as in its definition: SQLite uses a partial index on such a term alone. */
const SELDOM = `jobs.status IN ('QUEUED', 'RUNNING', 'FAILED', 'CANCELLED')`;
const COMMON = new Set(['PENDING', 'COMPLETE']);

export function conditionOf(filter: JobFilter): Condition {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (term: string, ...used: readonly SQLInputValue[]) => {
    terms.push(term);
    append(values, used);
  };
  if (filter.createdAfter !== undefined) add('jobs.created_at > ?', filter.createdAfter);
  if (filter.kinds) add(...oneOf('jobs.kind', filter.kinds));
  if (filter.statuses) {
    if (!filter.statuses.some((status) => COMMON.has(status))) add(SELDOM);
    add(...oneOf('jobs.status', filter.statuses));
  }
  if (filter.batchId !== undefined) add('jobs.batch = ?', filter.batchId);
  if (filter.client !== undefined) {
    add('jobs.bucket IN (SELECT id FROM buckets WHERE client = ?)', filter.client);
  }
  for (const { key, value } of filter.labels ?? []) {
    add('jobs.sequence IN (SELECT sequence FROM job_labels WHERE key = ? AND value = ?)', key, value);
  }
  if (filter.models) {
    const models = JSON.stringify(filter.models);
    const anyOf = '(SELECT value FROM json_each(?))';
    const buckets = `(SELECT id FROM buckets WHERE model IN ${anyOf})`;
    add(`(jobs.model_name IN ${anyOf} OR jobs.bucket IN ${buckets})`, models, models);
  }
  return { terms, values };
}

export function where(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
}

/** Distinct, so that their number, and with it the shape of the statement, is bounded by the kinds of values there are. */
function oneOf(column: string, values: readonly string[]): readonly [string, ...string[]] {
  const distinct = [...new Set(values)];
  return [`${column} IN (${distinct.map(() => '?').join(', ')})`, ...distinct];
}
