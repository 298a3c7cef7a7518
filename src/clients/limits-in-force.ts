/** What single clients may take, as it is now: the table that readers hold while the settings change. */
import { type ClientLimits, type ClientTable, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';

export class LimitsInForce implements ClientTable {
  #table: ClientTable;

  constructor(table: ClientTable = NO_CLIENT_LIMITS) {
    this.#table = table;
  }

  get others(): ClientLimits {
    return this.#table.others;
  }

  get named(): ReadonlyMap<string, ClientLimits> {
    return this.#table.named;
  }

  /** As plain data. */
  get table(): ClientTable {
    return this.#table;
  }

  replace(table: ClientTable): void {
    this.#table = table;
  }
}
