/** Ids that begin in a certain way, as the index over them holds them. */
import type { BatchId, JobId } from '../../../domain/ids.ts';
import type { IdQuery } from '../../../domain/store.ts';
import { LIMIT, type Statements, textAt } from '../statements.ts';
import { conditionOf, LAST, where } from './filter.ts';

export function idsWithPrefix(
  statements: Statements,
  { prefix, client, limit }: IdQuery,
): readonly (JobId | BatchId)[] {
  const range = [prefix, `${prefix}${LAST}`] as const;
  const owned = conditionOf(statements.dialect, client === undefined ? {} : { client });
  const jobs = statements.rows(
    `SELECT id FROM jobs ${where([statements.dialect.patient, 'jobs.id >= ?', 'jobs.id < ?', ...owned.terms])} ORDER BY id ${LIMIT}`,
    ...range,
    ...owned.values,
    limit,
  );
  const batches = statements.rows(
    `SELECT id FROM batches WHERE id >= ? AND id < ? ${client === undefined ? '' : 'AND client = ?'} ORDER BY id ${LIMIT}`,
    ...range,
    ...(client === undefined ? [] : [client]),
    limit,
  );
  return [...batches, ...jobs]
    .map((row) => textAt(row, 0) as JobId | BatchId)
    .sort()
    .slice(0, limit);
}
