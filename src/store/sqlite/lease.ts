/** Which life of which server this is, and until when others may take it for alive. */
import { numberAt, type Statements } from './statements.ts';

export class Lease {
  /** Grows with every start: rows claimed in an earlier life have a smaller one. */
  readonly life: number;
  readonly #statements: Statements;
  readonly #leaseMs: number;
  #until: number;

  private constructor(statements: Statements, life: number, leaseMs: number, until: number) {
    this.#statements = statements;
    this.life = life;
    this.#leaseMs = leaseMs;
    this.#until = until;
  }

  static take(statements: Statements, serverId: string, leaseMs: number, time: number): Lease {
    const now = Math.floor(time);
    const row = statements.row(
      'INSERT INTO servers (server_id, started_at, lease_until) VALUES (?, ?, ?) RETURNING life',
      serverId,
      now,
      now + leaseMs,
    );
    const life = numberAt(row, 0);
    statements.run('DELETE FROM servers WHERE life < ?', life);
    return new Lease(statements, life, leaseMs, now + leaseMs);
  }

  /** Writes only when a third of the lease has gone by. */
  renew(now: number): void {
    if (now < this.#until - (this.#leaseMs * 2) / 3) return;
    this.#until = now + this.#leaseMs;
    this.#statements.run('UPDATE servers SET lease_until = ? WHERE life = ?', this.#until, this.life);
  }
}
