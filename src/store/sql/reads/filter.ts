/** A filter of jobs as a condition on `jobs`. */
import type { JobFilter } from '../../../domain/job-filter.ts';
import { append } from '../../../domain/long-lists.ts';
import { urgencyOf } from '../../../domain/store.ts';
import type { Dialect } from '../dialect.ts';
import type { SqlValue } from '../statements.ts';

export interface Condition {
  /** Terms to be joined by AND. */
  readonly terms: readonly string[];
  readonly values: readonly SqlValue[];
}

/** The statuses that `jobs_seldom` holds, spelled as in its definition: SQLite uses a partial index on such a term alone. */
const SELDOM = `jobs.status IN ('QUEUED', 'RUNNING', 'FAILED', 'CANCELLED')`;
/** Comes after every character that an id can have. */
export const LAST = '\u{10ffff}';

const COMMON = new Set(['PENDING', 'COMPLETE']);

export function conditionOf(dialect: Dialect, filter: JobFilter): Condition {
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...used: readonly SqlValue[]) => {
    terms.push(term);
    append(values, used);
  };
  if (filter.createdAfter !== undefined) add('jobs.created_at > ?', filter.createdAfter);
  if (filter.createdBefore !== undefined) add('jobs.created_at < ?', filter.createdBefore);
  if (filter.finishedAfter !== undefined) add('jobs.finished_at > ?', filter.finishedAfter);
  if (filter.kinds) add(...oneOf('jobs.kind', filter.kinds));
  if (filter.statuses) {
    if (!filter.statuses.some((status) => COMMON.has(status))) add(SELDOM);
    add(...oneOf('jobs.status', filter.statuses));
  }
  if (filter.batchId !== undefined) add('jobs.batch = ?', filter.batchId);
  if (filter.priorities) {
    // Without its index: a third of all jobs is no short list, and lists have an order to be read in.
    add(...oneOf('+jobs.urgency', filter.priorities.map(urgencyOf)));
  }
  if (filter.client !== undefined) {
    add('jobs.bucket IN (SELECT id FROM buckets WHERE client = ?)', filter.client);
  }
  if (filter.clients) {
    const anyOf = dialect.listed(filter.clients);
    add(`jobs.bucket IN (SELECT id FROM buckets WHERE client IN ${anyOf.sql})`, anyOf.value);
  }
  for (const { key, value } of filter.labels ?? []) {
    add('jobs.sequence IN (SELECT sequence FROM job_labels WHERE key = ? AND value = ?)', key, value);
  }
  if (filter.models) {
    const anyOf = dialect.listed(filter.models);
    const buckets = `(SELECT id FROM buckets WHERE model IN ${anyOf.sql})`;
    add(`(jobs.model_name IN ${anyOf.sql} OR jobs.bucket IN ${buckets})`, anyOf.value, anyOf.value);
  }
  if (filter.matching !== undefined) {
    const text = filter.matching;
    const has = (column: string) =>
      `${dialect.position}(${dialect.lower(column)}, ${dialect.lower('?')}) > 0`;
    const buckets = `(SELECT id FROM buckets WHERE ${has('client')} OR ${has('model')})`;
    const labels = dialect.hasLabel((key, value) => `${has(key)} OR ${has(value)}`);
    add(
      `((jobs.id >= ? AND jobs.id < ?) OR jobs.bucket IN ${buckets} OR ${has('jobs.model_name')} OR ${labels})`,
      ...[text, `${text}${LAST}`],
      ...[text, text, text, text, text],
    );
  }
  return { terms, values };
}

export function where(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
}

/** Distinct, so that their number, and with it the shape of the statement, is bounded by the kinds of values there are. */
function oneOf<T extends string | number>(
  column: string,
  values: readonly T[],
): readonly [term: string, ...used: T[]] {
  const distinct = [...new Set(values)];
  // Not every database knows an empty list.
  if (distinct.length === 0) return ['1 = 0'];
  return [`${column} IN (${distinct.map(() => '?').join(', ')})`, ...distinct];
}
