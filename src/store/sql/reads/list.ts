/**
 * Ordered lists of jobs. Every order is a column with an index, and among equals the sequence, which ends every index. A part
 * of a list between two places is read as ranges that an index yields in order: the equals of the first place, all between,
 * and the equals of the last. So a page costs what is on it, not what lies before it, nor how many are equal.
 */
import type { Job } from '../../../domain/job.ts';
import type { JobOrderField, JobPosition } from '../../../domain/store.ts';
import type { Walk } from '../../paging.ts';
import { JOB_COLUMNS } from '../rows.ts';
import { LIMIT, type Row, type SqlValue, type Statements } from '../statements.ts';
import { type Condition, conditionOf, where } from './filter.ts';

interface OrderColumn {
  readonly name: 'jobs.created_at' | 'jobs.finished_at' | 'jobs.urgency';
  /** Rows without a value come last in ascending order. */
  readonly nullable: boolean;
}

const ORDER_COLUMNS: Readonly<Record<JobOrderField, OrderColumn>> = {
  CREATED_AT: { name: 'jobs.created_at', nullable: false },
  FINISHED_AT: { name: 'jobs.finished_at', nullable: true },
  PRIORITY: { name: 'jobs.urgency', nullable: false },
};

export function walkJobs(statements: Statements, walk: Walk, jobOfRow: (row: Row) => Job): readonly Job[] {
  const { order, start, end, limit } = walk;
  const column = ORDER_COLUMNS[order.field];
  const ascending = order.direction === 'ASC';
  const ranges = ascending ? rangesOf(column, start, end) : rangesOf(column, end, start).toReversed();
  const filter = conditionOf(statements.dialect, walk.filter);
  const jobs: Job[] = [];
  for (const range of ranges) {
    if (jobs.length >= limit) break;
    const rows = statements.rows(
      `SELECT ${JOB_COLUMNS} FROM jobs ${where([statements.dialect.patient, ...filter.terms, ...range.terms])}
       ORDER BY ${column.name} ${order.direction}, jobs.sequence ${order.direction} ${LIMIT}`,
      ...filter.values,
      ...range.values,
      limit - jobs.length,
    );
    for (const row of rows) jobs.push(jobOfRow(row));
  }
  return jobs;
}

/** What lies above `low` and below `high`, both exclusive, in ascending order. */
function rangesOf(
  column: OrderColumn,
  low: JobPosition | undefined,
  high: JobPosition | undefined,
): readonly Condition[] {
  const equals = ({ value }: JobPosition) =>
    value === null ? condition(`${column.name} IS NULL`) : condition(`${column.name} = ?`, value);
  const after = low && condition('jobs.sequence > ?', low.sequence);
  const before = high && condition('jobs.sequence < ?', high.sequence);
  if (low && high && low.value === high.value) return [both(equals(low), after, before)];
  return [
    ...(low ? [both(equals(low), after)] : []),
    ...(low?.value === null ? [] : [between(column, low?.value, high?.value ?? undefined)]),
    ...(high ? [both(equals(high), before)] : []),
    ...(!high && column.nullable && low?.value !== null ? [condition(`${column.name} IS NULL`)] : []),
  ];
}

function between({ name, nullable }: OrderColumn, low?: number, high?: number): Condition {
  return both(
    nullable ? condition(`${name} IS NOT NULL`) : undefined,
    low === undefined ? undefined : condition(`${name} > ?`, low),
    high === undefined ? undefined : condition(`${name} < ?`, high),
  );
}

function condition(term: string, ...values: readonly SqlValue[]): Condition {
  return { terms: [term], values };
}

function both(...conditions: readonly (Condition | undefined)[]): Condition {
  const there = conditions.filter((one) => one !== undefined);
  return { terms: there.flatMap(({ terms }) => terms), values: there.flatMap(({ values }) => values) };
}
