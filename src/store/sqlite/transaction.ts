/** A transaction of SQLite, as long as its files are there. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Transaction } from '../threads/transaction.ts';
import type { DataFiles } from './data-files.ts';

export class SqliteTransaction implements Transaction {
  readonly #database: DatabaseSync;
  readonly #files: DataFiles;
  readonly #totalChanges: StatementSync;
  #changes = 0;

  constructor(database: DatabaseSync, files: DataFiles) {
    this.#database = database;
    this.#files = files;
    this.#totalChanges = database.prepare('SELECT total_changes() AS changes');
  }

  get isOpen(): boolean {
    return this.#database.isTransaction;
  }

  /** @throws StoreUnwritableError when the files are gone */
  begin(): void {
    this.#files.check();
    this.#database.exec('BEGIN IMMEDIATE');
  }

  commit(): boolean {
    this.#database.exec('COMMIT');
    const before = this.#changes;
    this.#changes = Number(this.#totalChanges.get()?.changes);
    return this.#changes > before;
  }

  rollBack(): void {
    this.#database.exec('ROLLBACK');
  }

  savepoint(): void {
    this.#database.exec('SAVEPOINT operation');
  }

  release(): void {
    this.#database.exec('RELEASE operation');
  }

  undo(): void {
    this.#database.exec('ROLLBACK TO operation; RELEASE operation');
  }
}
