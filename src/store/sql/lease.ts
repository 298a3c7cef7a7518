/** Which life of which server this is, until when others may take it for alive, and what a later life has to know of its clock. */
import type { ClockReading } from '../../clock.ts';
import { type Gap, resume } from '../lived-time.ts';
import { UPSERT_FACT } from './facts.ts';
import { moveFileExpiry, moveOpenInstants } from './open-instants.ts';
import { numberAt, type Statements, textAt } from './statements.ts';

/** Where the gaps between lives are kept, and what the clock last showed. */
const SPACE = 'store';
const GAPS = 'gaps';
const CLOCK = 'clock';
const MOST_GAPS = 200;
/** A jump of the clock that is larger is written at once. */
const LARGEST_DRIFT_MS = 1_000;

/** What the clock showed, and how far it was set forward between the lives so far, in all. */
interface ClockRecord {
  readonly reading: ClockReading;
  readonly setForwardMs: number;
}

export class Lease {
  /** Grows with every start: rows claimed in an earlier life have a smaller one. */
  readonly life: number;
  /** Epoch milliseconds, and never before what an earlier life has seen. */
  readonly startedAt: number;
  /** How far the clock was set forward between the lives so far, in all. */
  readonly setForwardMs: number;
  /** When the life before this one is last known to have lived; null when there was none. */
  readonly lastLivedAt: number | null;
  /** Between the lives so far, this one's start included. */
  readonly gaps: readonly Gap[];
  readonly #statements: Statements;
  readonly #leaseMs: number;
  #until: number;
  #wallAheadMs: number;

  private constructor(parts: {
    readonly statements: Statements;
    readonly life: number;
    readonly leaseMs: number;
    readonly startedAt: number;
    readonly setForwardMs: number;
    readonly wallAheadMs: number;
    readonly lastLivedAt: number | null;
    readonly gaps: readonly Gap[];
  }) {
    this.#statements = parts.statements;
    this.life = parts.life;
    this.#leaseMs = parts.leaseMs;
    this.startedAt = parts.startedAt;
    this.setForwardMs = parts.setForwardMs;
    this.#until = parts.startedAt + parts.leaseMs;
    this.#wallAheadMs = parts.wallAheadMs;
    this.lastLivedAt = parts.lastLivedAt;
    this.gaps = parts.gaps;
  }

  /** In a transaction of the caller's: what moves with the clock moves once. */
  static take(statements: Statements, serverId: string, leaseMs: number, reading: ClockReading): Lease {
    const last = lastRecord(statements, leaseMs);
    const { startAt, setForwardMs } = last
      ? resume(last.reading, reading)
      : { startAt: Math.floor(reading.now), setForwardMs: 0 };
    const unlivedMs = last ? startAt - last.reading.now : 0;
    const gaps = gapsUpTo(statements, { endedAt: startAt, ms: unlivedMs }, leaseMs);
    if (setForwardMs > 0) moveOpenInstants(statements, setForwardMs);
    if (unlivedMs > leaseMs) moveFileExpiry(statements, unlivedMs);
    const inAllMs = (last?.setForwardMs ?? 0) + setForwardMs;
    const wallAheadMs = reading.now + reading.wallAheadMs - startAt;
    keep(statements, CLOCK, {
      reading: { ...reading, now: startAt, wallAheadMs },
      setForwardMs: inAllMs,
    } satisfies ClockRecord);
    const row = statements.row(
      'INSERT INTO servers (server_id, started_at, lease_until) VALUES (?, ?, ?) RETURNING life',
      serverId,
      startAt,
      startAt + leaseMs,
    );
    const life = numberAt(row, 0);
    statements.run('DELETE FROM servers WHERE life < ?', life);
    return new Lease({
      statements,
      life,
      leaseMs,
      startedAt: startAt,
      setForwardMs: inAllMs,
      lastLivedAt: last?.reading.now ?? null,
      wallAheadMs,
      gaps,
    });
  }

  /** False when another server has taken over: its start removes the rows of all lives before its own. */
  isHeld(): boolean {
    return this.#statements.row('SELECT 1 FROM servers WHERE life = ?', this.life) !== undefined;
  }

  /** It is not known any more until when it was written to hold. */
  forget(): void {
    this.#until = 0;
  }

  /** Writes only when a third of the lease has gone by, or the clock was set. */
  renew(reading: ClockReading): void {
    const wasSet = Math.abs(reading.wallAheadMs - this.#wallAheadMs) > LARGEST_DRIFT_MS;
    if (!wasSet && reading.now < this.#until - (this.#leaseMs * 2) / 3) return;
    this.#until = reading.now + this.#leaseMs;
    this.#wallAheadMs = reading.wallAheadMs;
    this.#statements.run('UPDATE servers SET lease_until = ? WHERE life = ?', this.#until, this.life);
    keep(this.#statements, CLOCK, { reading, setForwardMs: this.setForwardMs } satisfies ClockRecord);
  }
}

/** What the life before this one knew of its clock; null for the first life. */
function lastRecord(statements: Statements, leaseMs: number): ClockRecord | null {
  const known = fact(statements, CLOCK);
  if (known !== null) return known as ClockRecord;
  // Earlier versions kept the lease alone.
  const row = statements.row('SELECT max(lease_until) FROM servers');
  if (typeof row?.[0] !== 'number') return null;
  return { reading: { now: row[0] - leaseMs, wallAheadMs: 0, uptimeMs: null, boot: null }, setForwardMs: 0 };
}

/** The gaps that are known, with the one that has just ended when it was longer than a lease. */
function gapsUpTo(statements: Statements, latest: Gap, leaseMs: number): readonly Gap[] {
  const known = (fact(statements, GAPS) ?? []) as readonly Gap[];
  if (latest.ms <= leaseMs) return known;
  const gaps = [...known, latest].slice(-MOST_GAPS);
  keep(statements, GAPS, gaps);
  return gaps;
}

function fact(statements: Statements, key: string): unknown {
  const row = statements.row('SELECT value FROM facts WHERE space = ? AND key = ?', SPACE, key);
  return row ? JSON.parse(textAt(row, 0)) : null;
}

function keep(statements: Statements, key: string, value: unknown): void {
  statements.run(UPSERT_FACT, SPACE, key, JSON.stringify(value));
}
