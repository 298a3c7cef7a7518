/** A filter of jobs as a condition on `jobs`. */
import type { SQLInputValue } from 'node:sqlite';
import { parseQueueKey, type QueueKey } from '../../../domain/queue-key.ts';
import type { JobFilter } from '../../../domain/store.ts';
import { numberAt, type Statements, textAt } from '../statements.ts';

export interface Condition {
  /** Terms to be joined by AND. */
  readonly terms: readonly string[];
  readonly values: readonly SQLInputValue[];
}

/** The statuses that `jobs_seldom` holds, spelled as in its definition: SQLite uses a partial index on such a term alone. */
const SELDOM = `jobs.status IN ('QUEUED', 'RUNNING', 'FAILED', 'CANCELLED')`;
const COMMON = new Set(['PENDING', 'COMPLETE']);

export function conditionOf(filter: JobFilter, statements: Statements): Condition {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (term: string, ...used: readonly SQLInputValue[]) => {
    terms.push(term);
    values.push(...used);
  };
  if (filter.createdAfter !== undefined) add('jobs.created_at > ?', filter.createdAfter);
  if (filter.kinds) add(`jobs.kind IN (${places(filter.kinds)})`, ...filter.kinds);
  if (filter.statuses) {
    if (!filter.statuses.some((status) => COMMON.has(status))) add(SELDOM);
    add(`jobs.status IN (${places(filter.statuses)})`, ...filter.statuses);
  }
  if (filter.batchId !== undefined) add('jobs.batch = ?', filter.batchId);
  if (filter.client !== undefined) {
    add('jobs.bucket IN (SELECT id FROM buckets WHERE client = ?)', filter.client);
  }
  for (const { key, value } of filter.labels ?? []) {
    add('jobs.sequence IN (SELECT sequence FROM job_labels WHERE key = ? AND value = ?)', key, value);
  }
  if (filter.models) {
    const buckets = bucketsOfModels(statements, filter.models);
    add(
      `(jobs.model_name IN (${places(filter.models)}) OR jobs.bucket IN (${places(buckets)}))`,
      ...filter.models,
      ...buckets,
    );
  }
  return { terms, values };
}

export function where(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
}

function places(list: readonly unknown[]): string {
  return list.map(() => '?').join(', ');
}

function bucketsOfModels(statements: Statements, models: readonly string[]): readonly number[] {
  return statements
    .rows('SELECT id, queue FROM buckets')
    .filter((row) => models.includes(parseQueueKey(textAt(row, 1) as QueueKey).model))
    .map((row) => numberAt(row, 0));
}
