/** What only PostgreSQL says so. Its reads are ended from outside, and its planner is told no index. */
import { type Dialect, NEVER } from '../sql/dialect.ts';

export const POSTGRES: Dialect = {
  patient: 'TRUE',
  patientRow: 'TRUE',
  greatest: 'greatest',
  least: 'least',
  orNever: (column) => `coalesce(${column}, ${NEVER})`,
  position: 'strpos',
  // As the columns have it: its own order of letters depends on the machine.
  lower: (text) => `lower(${text} COLLATE "C")`,
  indexedBy: () => '',
  listed: (texts) => ({ sql: '(SELECT unnest(CAST(? AS text[])))', value: arrayText(texts) }),
  hasLabel: (condition) =>
    `EXISTS (SELECT 1 FROM job_labels WHERE job_labels.sequence = jobs.sequence AND (${condition('job_labels.key', 'job_labels.value')}))`,
};

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
