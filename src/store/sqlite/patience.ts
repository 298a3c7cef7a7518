/**
 * SQLite looks at rows until it has what was asked for, which may be a million of them for a page of none; node:sqlite cannot interrupt it.
 * So statements that may take long call back every few hundred rows, and what is thrown there ends them.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Patience } from '../threads/patience.ts';

/** To be the first term of a condition on `jobs`: true, or the end of the statement. */
export const PATIENT = '(jobs.sequence & 255 OR go_on())';

/** The same for other tables, of which there are fewer rows: asked at each. */
export const PATIENT_ROW = 'go_on()';

export function letEnd(database: DatabaseSync, patience: Patience): void {
  database.function('go_on', () => {
    patience.goOn();
    return 1;
  });
}
