/** Batches of requests as rows: what lists and retention ask for in columns, the rest as JSON. */
import type { BatchId } from '../../domain/ids.ts';
import type {
  CountedRequestBatch,
  RefusedLine,
  RequestBatch,
  RequestBatchPage,
  RequestBatchQuery,
} from '../../domain/request-batch.ts';
import type { RequestBatchTables } from '../file-tables.ts';
import type { PartOfBatch } from '../operation.ts';
import { COUNT_COLUMNS, countsAt } from './batches.ts';
import { LIMIT, numberAt, type Row, type SqlValue, type Statements, textAt } from './statements.ts';

const COUNTED = `SELECT record, ${COUNT_COLUMNS} FROM request_batches JOIN batches USING (id)`;

export class SqlRequestBatches implements RequestBatchTables {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  byId(id: BatchId): RequestBatch | null {
    const row = this.#statements.row('SELECT record FROM request_batches WHERE id = ?', id);
    return row ? recordAt(row) : null;
  }

  insert(batch: RequestBatch): void {
    this.#statements.run(
      'INSERT INTO request_batches (id, api, client, ended_at, record) VALUES (?, ?, ?, ?, ?)',
      batch.id,
      batch.api,
      batch.client,
      batch.endedAt,
      JSON.stringify(batch),
    );
  }

  update(batch: RequestBatch): void {
    this.#statements.run(
      'UPDATE request_batches SET ended_at = ?, record = ? WHERE id = ?',
      batch.endedAt,
      JSON.stringify(batch),
      batch.id,
    );
  }

  delete(id: BatchId): void {
    this.#statements.run('DELETE FROM request_batches WHERE id = ?', id);
    this.#statements.run('DELETE FROM refused_lines WHERE batch = ?', id);
  }

  refuse(id: BatchId, line: RefusedLine): void {
    this.#statements.run('INSERT INTO refused_lines VALUES (?, ?, ?)', id, line.line, JSON.stringify(line));
  }

  forgettableAt(time: number, limit: number): readonly RequestBatch[] {
    return this.#statements
      .rows(
        `SELECT record FROM request_batches WHERE ended_at <= ?
           AND NOT EXISTS (SELECT 1 FROM jobs ${this.#statements.dialect.indexedBy('jobs_members')} WHERE batch = request_batches.id)
         ORDER BY ended_at ${LIMIT}`,
        time,
        limit,
      )
      .map(recordAt);
  }

  // What readers ask.

  counted(id: BatchId): CountedRequestBatch | null {
    const row = this.#statements.row(`${COUNTED} WHERE request_batches.id = ?`, id);
    return row ? countedOf(row) : null;
  }

  list({ api, client, after, before, limit }: RequestBatchQuery): RequestBatchPage {
    const terms = ['api = ?'];
    const values: SqlValue[] = [api];
    if (client !== undefined) {
      terms.push('request_batches.client = ?');
      values.push(client);
    }
    for (const [id, sign] of [
      [after, '<'],
      [before, '>'],
    ] as const) {
      if (id === undefined) continue;
      const row = this.#statements.row('SELECT sequence FROM request_batches WHERE id = ?', id);
      if (!row) return { batches: [], hasMore: false };
      terms.push(`sequence ${sign} ?`);
      values.push(numberAt(row, 0));
    }
    const fromEnd = before !== undefined;
    const rows = this.#statements.rows(
      `${COUNTED} WHERE ${terms.join(' AND ')} ORDER BY sequence ${fromEnd ? 'ASC' : 'DESC'} ${LIMIT}`,
      ...values,
      limit + 1,
    );
    const batches = rows.slice(0, limit).map(countedOf);
    return { batches: fromEnd ? batches.toReversed() : batches, hasMore: rows.length > limit };
  }

  unended(): readonly BatchId[] {
    return this.#statements
      .rows('SELECT id FROM request_batches WHERE ended_at IS NULL ORDER BY sequence')
      .map((row) => textAt(row, 0) as BatchId);
  }

  refusals({ id, after, limit }: PartOfBatch): readonly RefusedLine[] {
    return this.#statements
      .rows(
        `SELECT record FROM refused_lines WHERE batch = ? AND line > ? ORDER BY line ${LIMIT}`,
        id,
        after,
        limit,
      )
      .map((row) => JSON.parse(textAt(row, 0)) as RefusedLine);
  }
}

function recordAt(row: Row): RequestBatch {
  return JSON.parse(textAt(row, 0)) as RequestBatch;
}

function countedOf(row: Row): CountedRequestBatch {
  return { batch: recordAt(row), ...countsAt(row, 1) };
}
