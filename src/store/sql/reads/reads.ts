/** Every read, by name. */
import type { JobId } from '../../../domain/ids.ts';
import { type Job, type OutputPart, textsOf } from '../../../domain/job.ts';
import type { ResultSizes } from '../../../domain/job-leavings.ts';
import { piecesWithin, type VectorPiece } from '../../../domain/vectors.ts';
import type { AnswerOf, CallOf, InputOf, Reads, VectorRange } from '../../operation.ts';
import { pageOf } from '../../paging.ts';
import { SqlBatches } from '../batches.ts';
import { Buckets } from '../buckets.ts';
import { SqlChats } from '../chats.ts';
import { SqlFiles } from '../files.ts';
import { SqlHistory } from '../history.ts';
import { SqlImages } from '../images.ts';
import { highest } from '../recount.ts';
import { SqlRequestBatches } from '../request-batches.ts';
import { JOB_COLUMNS, jobOf } from '../rows.ts';
import { LIMIT, numberAt, type Row, type Statements, textAt } from '../statements.ts';
import { conditionOf, where } from './filter.ts';
import { idsWithPrefix } from './ids.ts';
import { walkJobs } from './list.ts';
import { queuePositions } from './positions.ts';
import { waitingBuckets, waitingJobs } from './waiting.ts';

const LEFT_BY_JOB = `FROM jobs LEFT JOIN results USING (sequence)
  WHERE jobs.id = ? AND finished_at IS NOT NULL`;

type Readers = {
  readonly [K in keyof Reads]: (input: InputOf<Reads, K>) => AnswerOf<Reads, K>;
};

export class SqlReads {
  readonly #statements: Statements;
  readonly #buckets: Buckets;
  readonly #batches: SqlBatches;
  readonly #files: SqlFiles;
  readonly #images: SqlImages;
  readonly #chats: SqlChats;
  readonly #requestBatches: SqlRequestBatches;
  readonly #history: SqlHistory;
  readonly #goOn: () => void;

  /** @param goOn called now and then during reads that may take long; what it throws ends them. */
  constructor(statements: Statements, goOn: () => void) {
    this.#statements = statements;
    this.#goOn = goOn;
    this.#buckets = new Buckets(statements);
    this.#batches = new SqlBatches(statements);
    this.#files = new SqlFiles(statements);
    this.#images = new SqlImages(statements);
    this.#chats = new SqlChats(statements);
    this.#requestBatches = new SqlRequestBatches(statements);
    this.#history = new SqlHistory(statements);
  }

  perform<K extends keyof Reads>(call: CallOf<Reads, K>): AnswerOf<Reads, K> {
    return this.#readers[call.kind as K](call.input as InputOf<Reads, K>);
  }

  readonly #readers: Readers = {
    jobs: (ids) => ids.map((id) => this.#job(id)),
    list: (query) => pageOf(query, (walk) => walkJobs(this.#statements, walk, this.#jobOf)),
    countJobs: (filter) => {
      const { terms, values } = conditionOf(this.#statements.dialect, filter);
      return numberAt(
        this.#statements.row(
          `SELECT count(*) FROM jobs ${where([this.#statements.dialect.patient, ...terms])}`,
          ...values,
        ),
        0,
      );
    },
    changedSince: ({ revision, limit }) =>
      this.#statements
        .rows(
          `SELECT ${JOB_COLUMNS} FROM jobs WHERE revision > ? ORDER BY revision ${LIMIT}`,
          revision,
          limit,
        )
        .map(this.#jobOf),
    revision: () => highest(this.#statements, 'revision'),
    withFallback: ({ after, limit }) =>
      this.#statements
        .rows(
          `SELECT ${JOB_COLUMNS} FROM jobs
            WHERE fallback IS NOT NULL AND status = 'PENDING' AND sequence > ? ORDER BY sequence ${LIMIT}`,
          after,
          limit,
        )
        .map((row) => this.#jobOf(row)),
    waitingBuckets: (filter) => waitingBuckets(this.#statements, filter),
    waitingJobs: (query) => waitingJobs(this.#statements, query, this.#jobOf),
    queuePositions: (ids) => queuePositions(this.#statements, ids, this.#goOn),
    batches: (ids) => ids.map((id) => this.#batches.byId(id)),
    listBatches: (query) => this.#batches.list(query),
    countBatches: (filter) => this.#batches.countMatching(filter),
    idsWithPrefix: (query) => idsWithPrefix(this.#statements, query),
    requestSize: (id) => {
      const row = this.#statements.row(
        'SELECT octet_length(body) FROM requests JOIN jobs USING (sequence) WHERE jobs.id = ?',
        id,
      );
      return row ? numberAt(row, 0) : null;
    },
    request: (id) => {
      const row = this.#statements.row(
        'SELECT body FROM requests JOIN jobs USING (sequence) WHERE jobs.id = ?',
        id,
      );
      return row ? textAt(row, 0) : null;
    },
    resultSizes: (ids) => ids.map((id) => this.#resultSizes(id)),
    endings: (ids) => ids.map((id) => this.#left('result', id)),
    output: (id) => this.#left('output', id),
    texts: (ids) =>
      ids.map((id) => {
        const output = this.#left('output', id);
        return output === null ? null : textsOf(JSON.parse(output) as readonly OutputPart[]);
      }),
    raws: (ids) => ids.map((id) => this.#left('raw', id)),
    courses: (ids) => ids.map((id) => this.#left('course', id)),
    vectors: (range) => this.#vectors(range),
    blob: (hash) => this.#images.content(hash),
    images: (query) => this.#images.stored(query),
    chats: (ids) => ids.map((id) => this.#chats.byId(id)),
    listChats: (query) => this.#chats.list(query),
    countChats: (filter) => this.#chats.countMatching(filter),
    chatPath: ({ id, leaf }) => this.#chats.path(id, leaf),
    chatMessages: (ids) => ids.map((id) => this.#chats.message(id)),
    chatAlternatives: (ids) => ids.map((id) => this.#chats.alternatives(id)),
    file: (id) => this.#files.ready(id),
    files: (query) => this.#files.list(query),
    fileChunk: ({ id, place }) => this.#files.chunk(id, place),
    requestBatch: (id) => this.#requestBatches.counted(id),
    requestBatches: (query) => this.#requestBatches.list(query),
    unendedRequestBatches: () => this.#requestBatches.unended(),
    batchMembers: ({ id, after, limit }) =>
      this.#statements
        .rows(
          `SELECT ${JOB_COLUMNS} FROM jobs ${this.#statements.dialect.indexedBy('jobs_members')}
           WHERE batch = ? AND sequence > ? ORDER BY sequence ${LIMIT}`,
          id,
          after,
          limit,
        )
        .map(this.#jobOf),
    refusedLines: (part) => this.#requestBatches.refusals(part),
    sampleSeries: (query) => this.#history.series(query, this.#goOn),
    residencies: (query) => this.#history.residencies(query, this.#goOn),
    decisions: () => this.#history.decisions(),
    lifetime: () => this.#history.lifetime(),
    recall: (space) =>
      new Map(
        this.#statements
          .rows('SELECT key, value FROM facts WHERE space = ? ORDER BY key', space)
          .map((row) => [textAt(row, 0), textAt(row, 1)]),
      ),
  };

  #job(id: JobId): Job | null {
    const row = this.#statements.row(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`, id);
    return row ? this.#jobOf(row) : null;
  }

  readonly #jobOf = (row: Row): Job => jobOf(row, this.#buckets.byNumber);

  #resultSizes(id: JobId): ResultSizes | null {
    const row = this.#statements.row(
      `SELECT octet_length(result), octet_length(output), octet_length(raw) ${LEFT_BY_JOB}`,
      id,
    );
    return row ? { ending: numberAt(row, 0), output: numberAt(row, 1), raw: numberAt(row, 2) } : null;
  }

  #left(part: 'result' | 'output' | 'raw' | 'course', id: JobId): string | null {
    const row = this.#statements.row(`SELECT ${part} ${LEFT_BY_JOB}`, id);
    // A job that was cancelled before it ran has left nothing.
    const nothing = part === 'output' ? '[]' : null;
    return row ? ((row[0] as string | null) ?? nothing) : null;
  }

  #vectors({ id, from, count }: VectorRange): readonly VectorPiece[] {
    const rows = this.#statements.rows(
      `SELECT first, count, bytes FROM vectors JOIN jobs USING (sequence)
       WHERE jobs.id = ? AND status = 'COMPLETE' AND first + count > ? AND first < ? ORDER BY piece`,
      id,
      from,
      from + count,
    );
    const [head] = rows;
    if (!head) return [];
    const pieces = rows.map((row) => ({ count: numberAt(row, 1), bytes: row[2] as Uint8Array }));
    return piecesWithin(pieces, from - numberAt(head, 0), count);
  }
}
