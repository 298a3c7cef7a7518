/** Which life of which server this is, and until when others may take it for alive. */
import type { Gap } from '../lived-time.ts';
import { numberAt, type Statements, textAt } from './statements.ts';

/** Where the gaps between lives are kept. */
const SPACE = 'store';
const KEY = 'gaps';
const MOST_GAPS = 200;

export class Lease {
  /** Grows with every start: rows claimed in an earlier life have a smaller one. */
  readonly life: number;
  /** Epoch milliseconds, and never before what an earlier life has seen. */
  readonly startedAt: number;
  /** Between the lives so far, this one's start included. */
  readonly gaps: readonly Gap[];
  readonly #statements: Statements;
  readonly #leaseMs: number;
  #until: number;

  private constructor(parts: {
    readonly statements: Statements;
    readonly life: number;
    readonly leaseMs: number;
    readonly startedAt: number;
    readonly gaps: readonly Gap[];
  }) {
    this.#statements = parts.statements;
    this.life = parts.life;
    this.#leaseMs = parts.leaseMs;
    this.startedAt = parts.startedAt;
    this.#until = parts.startedAt + parts.leaseMs;
    this.gaps = parts.gaps;
  }

  /** Until when an earlier life is known to have lived, to a third of its lease; null for the first life. */
  static lastSeenAt(statements: Statements, leaseMs: number): number | null {
    const row = statements.row('SELECT max(lease_until) FROM servers');
    return typeof row?.[0] === 'number' ? row[0] - leaseMs : null;
  }

  static take(statements: Statements, serverId: string, leaseMs: number, time: number): Lease {
    const lastSeenAt = Lease.lastSeenAt(statements, leaseMs) ?? 0;
    // Where the clock was set back meanwhile, the store's time goes on from where it was.
    const now = Math.max(Math.floor(time), lastSeenAt);
    const gaps = gapsUpTo(statements, { endedAt: now, ms: lastSeenAt === 0 ? 0 : now - lastSeenAt }, leaseMs);
    const row = statements.row(
      'INSERT INTO servers (server_id, started_at, lease_until) VALUES (?, ?, ?) RETURNING life',
      serverId,
      now,
      now + leaseMs,
    );
    const life = numberAt(row, 0);
    statements.run('DELETE FROM servers WHERE life < ?', life);
    return new Lease({ statements, life, leaseMs, startedAt: now, gaps });
  }

  /** False when another server has taken over: its start removes the rows of all lives before its own. */
  isHeld(): boolean {
    return this.#statements.row('SELECT 1 FROM servers WHERE life = ?', this.life) !== undefined;
  }

  /** It is not known any more until when it was written to hold. */
  forget(): void {
    this.#until = 0;
  }

  /** Writes only when a third of the lease has gone by. */
  renew(now: number): void {
    if (now < this.#until - (this.#leaseMs * 2) / 3) return;
    this.#until = now + this.#leaseMs;
    this.#statements.run('UPDATE servers SET lease_until = ? WHERE life = ?', this.#until, this.life);
  }
}

/** The gaps that are known, with the one that has just ended when it was longer than a lease. */
function gapsUpTo(statements: Statements, latest: Gap, leaseMs: number): readonly Gap[] {
  const row = statements.row('SELECT value FROM facts WHERE space = ? AND key = ?', SPACE, KEY);
  const known = row ? (JSON.parse(textAt(row, 0)) as readonly Gap[]) : [];
  if (latest.ms <= leaseMs) return known;
  const gaps = [...known, latest].slice(-MOST_GAPS);
  statements.run('INSERT OR REPLACE INTO facts VALUES (?, ?, ?)', SPACE, KEY, JSON.stringify(gaps));
  return gaps;
}
