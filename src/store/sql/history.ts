/** The past as rows: what is asked for in columns, the rest as JSON. */
import {
  type Decision,
  type DecisionLane,
  type DecisionPlace,
  type KeptDecisions,
  NO_DECISIONS,
} from '../../domain/decision.ts';
import {
  type Residency,
  type ResidencyList,
  type ResidencyQuery,
  residencyList,
} from '../../domain/residency.ts';
import {
  type LifetimeCounts,
  NO_COUNTS,
  type Sample,
  type SampleCounts,
  type SampleSeries,
  type SeriesQuery,
  seriesOf,
  type TimedSample,
} from '../../domain/sample.ts';
import type { HistoryTables } from '../history-tables.ts';
import { keptFor } from '../sample-tiers.ts';
import { NEVER } from './dialect.ts';
import { numberAt, type Row, type Statements, textAt } from './statements.ts';

/** Rows between two looks at whether the reader still waits. */
const PORTION = 256;

export class SqlHistory implements HistoryTables {
  readonly #statements: Statements;

  /** As the index has it: what has not gone goes last. */
  readonly #goneAt: string;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#goneAt = statements.dialect.orNever('gone_at');
  }

  putResidency(residency: Residency): void {
    this.#statements.run(
      `INSERT INTO residencies (id, model_name, loading_at, gone_at, interrupted, record) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET model_name = excluded.model_name, loading_at = excluded.loading_at,
         gone_at = excluded.gone_at, interrupted = excluded.interrupted, record = excluded.record`,
      residency.id,
      residency.modelName,
      residency.loadingAt,
      residency.goneAt,
      residency.interrupted ? 1 : null,
      JSON.stringify(residency),
    );
  }

  openResidencies(): readonly Residency[] {
    return this.#statements
      .rows(`SELECT record FROM residencies WHERE ${this.#goneAt} = ${NEVER}`)
      .map(residencyAt);
  }

  interruptedResidencies(): readonly Residency[] {
    return this.#statements
      .rows('SELECT record FROM residencies WHERE interrupted IS NOT NULL ORDER BY sequence')
      .map(residencyAt);
  }

  pruneResidencies(time: number, most: number): void {
    this.#statements.run(`DELETE FROM residencies WHERE ${this.#goneAt} <= ?`, time);
    this.#statements.run(
      'DELETE FROM residencies WHERE sequence <= (SELECT max(sequence) FROM residencies) - ?',
      most,
    );
  }

  putSample(stepMs: number, at: number, sample: Sample): void {
    this.#statements.run(
      'INSERT INTO samples VALUES (?, ?, ?) ON CONFLICT (step, at) DO UPDATE SET record = excluded.record',
      stepMs,
      at,
      JSON.stringify(sample),
    );
  }

  samples(stepMs: number, from: number, to: number, goOn: () => void = () => {}): readonly TimedSample[] {
    return this.#statements
      .rows(
        'SELECT at, record FROM samples WHERE step = ? AND at >= ? AND at < ? ORDER BY at',
        stepMs,
        from,
        to,
      )
      .map((row, i) => {
        if (i % PORTION === 0) goOn();
        return { at: numberAt(row, 0), sample: JSON.parse(textAt(row, 1)) as Sample };
      });
  }

  newestSample(stepMs: number): number | null {
    const row = this.#statements.row('SELECT max(at) FROM samples WHERE step = ?', stepMs);
    return typeof row?.[0] === 'number' ? row[0] : null;
  }

  pruneSamples(stepMs: number, time: number): void {
    this.#statements.run('DELETE FROM samples WHERE step = ? AND at < ?', stepMs, time);
  }

  addCounts(counts: SampleCounts, at: number): void {
    this.#statements.run("INSERT INTO counters VALUES ('lifetime', 'since', ?) ON CONFLICT DO NOTHING", at);
    for (const [name, count] of Object.entries(counts))
      if (count !== 0)
        this.#statements.run(
          `INSERT INTO counters VALUES ('lifetime', ?, ?)
           ON CONFLICT (space, name) DO UPDATE SET count = counters.count + excluded.count`,
          name,
          count,
        );
  }

  lifetime(): LifetimeCounts | null {
    const counters = this.#counters('lifetime');
    const since = counters.get('since');
    if (since === undefined) return null;
    const names = Object.keys(NO_COUNTS) as (keyof SampleCounts)[];
    const counts = Object.fromEntries(names.map((name) => [name, counters.get(name) ?? 0]));
    return { since, counts: counts as unknown as SampleCounts };
  }

  #counters(space: string): ReadonlyMap<string, number> {
    const rows = this.#statements.rows('SELECT name, count FROM counters WHERE space = ?', space);
    return new Map(rows.map((row) => [textAt(row, 0), numberAt(row, 1)]));
  }

  putDecisions(lane: DecisionLane, decisions: readonly Decision[]): void {
    for (const decision of decisions)
      this.#statements.run(
        'INSERT INTO decisions VALUES (?, ?, ?, ?)',
        decision.sequence,
        lane,
        decision.at,
        JSON.stringify(decision),
      );
  }

  putDecisionEnd({ counts }: DecisionPlace): void {
    for (const [kind, count] of Object.entries(counts))
      this.#statements.run(
        "INSERT INTO counters VALUES ('decisions', ?, ?) ON CONFLICT (space, name) DO UPDATE SET count = excluded.count",
        kind,
        count,
      );
  }

  pruneDecisions(time: number, most: Readonly<Record<DecisionLane, number>>): void {
    for (const [lane, count] of Object.entries(most))
      this.#statements.run(
        `DELETE FROM decisions WHERE lane = ? AND sequence <=
           (SELECT sequence FROM decisions WHERE lane = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?)`,
        lane,
        lane,
        count,
      );
    this.#statements.run('DELETE FROM decisions WHERE at < ?', time);
  }

  // What readers ask.

  decisions(): KeptDecisions {
    const counted = this.#counters('decisions');
    const counts = { ...NO_DECISIONS.counts, ...Object.fromEntries(counted) };
    const sequence = counted.values().reduce((sum, count) => sum + count, 0);
    const decisions = this.#statements
      .rows('SELECT record FROM decisions ORDER BY sequence')
      .map((row) => JSON.parse(textAt(row, 0)) as Decision);
    return { decisions, end: { sequence, counts } };
  }

  /** @param goOn as below */
  series(query: SeriesQuery, goOn: () => void): SampleSeries {
    return seriesOf(
      keptFor(query, (...range) => this.samples(...range, goOn)),
      query,
    );
  }

  /** @param goOn called now and then; what it throws ends the read. */
  residencies(query: ResidencyQuery, goOn: () => void): ResidencyList {
    const rows = this.#statements.rows(
      `SELECT record FROM residencies
       WHERE ${this.#goneAt} > ? AND loading_at < ? AND (CAST(? AS TEXT) IS NULL OR model_name = ?) ORDER BY loading_at, sequence`,
      query.from,
      query.to,
      query.modelName ?? null,
      query.modelName ?? null,
    );
    const found = rows.map((row, i) => {
      if (i % PORTION === 0) goOn();
      return residencyAt(row);
    });
    return residencyList(found, query);
  }
}

function residencyAt(row: Row): Residency {
  return JSON.parse(textAt(row, 0)) as Residency;
}
