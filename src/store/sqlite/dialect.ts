/** What only SQLite says so. */
import { type Dialect, NEVER } from '../sql/dialect.ts';
import { PATIENT, PATIENT_ROW } from './patience.ts';

export const SQLITE: Dialect = {
  patient: PATIENT,
  patientRow: PATIENT_ROW,
  greatest: 'max',
  least: 'min',
  orNever: (column) => `ifnull(${column}, ${NEVER})`,
  position: 'instr',
  lower: (text) => `lower(${text})`,
  indexedBy: (index) => `INDEXED BY ${index}`,
  listed: (texts) => ({ sql: '(SELECT value FROM json_each(?))', value: JSON.stringify(texts) }),
  hasLabel: (condition) =>
    `EXISTS (SELECT 1 FROM json_each(jobs.labels) WHERE ${condition("value ->> 'key'", "value ->> 'value'")})`,
};
