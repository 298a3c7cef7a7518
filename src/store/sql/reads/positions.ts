/** Places in the queue: how many waiting jobs are more urgent, or as urgent and older. */
import type { JobId } from '../../../domain/ids.ts';
import type { JobPriority } from '../../../domain/job.ts';
import { urgencyOf } from '../../../domain/store.ts';
import { numberAt, type Statements, textAt } from '../statements.ts';

interface Waiting {
  readonly sequence: number;
  readonly urgency: number;
}

/** Found by a jump from one to the next in the index: most buckets have nothing that waits. */
const WAITING_BUCKETS = `
  WITH RECURSIVE waiting(id) AS (
    SELECT min(line) FROM jobs WHERE line IS NOT NULL
    UNION ALL SELECT (SELECT min(line) FROM jobs WHERE line > waiting.id) FROM waiting WHERE waiting.id IS NOT NULL
  )
  SELECT buckets.id, priority FROM waiting JOIN buckets USING (id)`;

/** One pass over the waiting jobs' index, however many are asked about. */
export function queuePositions(
  statements: Statements,
  ids: readonly JobId[],
  goOn: () => void,
): readonly (number | null)[] {
  const asked = ids.map((id) => waiting(statements, id));
  const distinct = [
    ...new Map(asked.filter((job) => job !== null).map((job) => [job.sequence, job])).values(),
  ];
  if (distinct.length === 0) return asked.map(() => null);

  const places = new Map<number, number>();
  for (const row of statements.rows(WAITING_BUCKETS)) {
    goOn();
    countBucket(statements, numberAt(row, 0), urgencyOf(textAt(row, 1) as JobPriority), distinct, places);
  }
  const delayed = statements.rows('SELECT sequence, urgency FROM jobs WHERE not_before IS NOT NULL');
  for (const row of delayed) {
    const one = { sequence: numberAt(row, 0), urgency: numberAt(row, 1) };
    for (const job of distinct) if (precedes(one, job)) add(places, job.sequence, 1);
  }
  return asked.map((job) => (job ? (places.get(job.sequence) ?? 0) : null));
}

/** Counts a bucket between one asked job and the next, so that none of its rows is looked at twice. */
function countBucket(
  statements: Statements,
  bucket: number,
  urgency: number,
  known: readonly Waiting[],
  places: Map<number, number>,
): void {
  const marks = known.filter((job) => job.urgency === urgency).map(({ sequence }) => sequence);
  const below = known.filter((job) => job.urgency < urgency);
  let from = 0;
  let total = 0;
  for (const mark of marks.sort((a, b) => a - b)) {
    total += countBetween(statements, bucket, from, mark);
    add(places, mark, total);
    from = mark;
  }
  if (below.length === 0) return;
  total += countBetween(statements, bucket, from, Number.MAX_SAFE_INTEGER);
  for (const { sequence } of below) add(places, sequence, total);
}

/** Claimable jobs of a bucket with `from` ≤ sequence < `until`. */
function countBetween(statements: Statements, bucket: number, from: number, until: number): number {
  const row = statements.row(
    `SELECT count(*) FROM jobs WHERE ${statements.dialect.patient} AND line = ? AND sequence >= ? AND sequence < ?`,
    bucket,
    from,
    until,
  );
  return numberAt(row, 0);
}

function waiting(statements: Statements, id: JobId): Waiting | null {
  const row = statements.row("SELECT sequence, urgency FROM jobs WHERE id = ? AND status = 'PENDING'", id);
  return row ? { sequence: numberAt(row, 0), urgency: numberAt(row, 1) } : null;
}

function precedes(one: Waiting, other: Waiting): boolean {
  return one.urgency > other.urgency || (one.urgency === other.urgency && one.sequence < other.sequence);
}

function add(places: Map<number, number>, sequence: number, count: number): void {
  places.set(sequence, (places.get(sequence) ?? 0) + count);
}
